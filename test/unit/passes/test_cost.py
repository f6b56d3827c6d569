"""The cost of passes is linear in the number of operations, and no weight is touched."""

import gc
import time

import numpy as np
import pytest
from unit.passes.networks import run
from xdsl.dialects import func
from xdsl.dialects.builtin import DictionaryAttr, ModuleOp, StringAttr, f32
from xdsl.ir import Block, Region, SSAValue

from arhat.dialects.arhat import (
    AddOp,
    ArhatOp,
    ConstantOp,
    ConvolutionOp,
    LayerAttr,
    MultiplyOp,
    ReluOp,
    ReshapeOp,
    WeightAttr,
    tensor_type,
)
from arhat.weights import WEIGHTS, WeightStore, attach, constant_value

PER_STAGE = 10


def chain(layers: int) -> ModuleOp:
    """About `layers` operations: stages of convolution, batch norm, shortcut, activation and idle reshapes."""
    block = Block(arg_types=[tensor_type(f32, (1, 128, 8, 8))])
    count = 0

    def emit(kind: type[ArhatOp], *operands: SSAValue, **properties: object) -> SSAValue:
        nonlocal count
        count += 1
        op = kind.build_inferred(operands, properties, [LayerAttr.get(f"layer{count}", count)])  # type: ignore[arg-type]
        block.add_op(op)
        return op.results[0]

    def weight(*shape: int) -> SSAValue:
        nonlocal count
        count += 1
        op = ConstantOp.get(
            WeightAttr.get("model", f"w@{count}"),
            tensor_type(f32, shape),
            (LayerAttr.get(f"layer{count}", count),),
        )
        block.add_op(op)
        return op.result

    x: SSAValue = block.args[0]
    for _ in range(layers // PER_STAGE):
        y = emit(
            ConvolutionOp,
            x,
            weight(128, 128, 1, 1),
            strides=[1, 1],
            pads_begin=[0, 0],
            pads_end=[0, 0],
            dilations=[1, 1],
            groups=1,
        )
        y = emit(MultiplyOp, y, weight(1, 128, 1, 1))
        y = emit(AddOp, y, weight(1, 128, 1, 1))
        y = emit(AddOp, y, x)
        y = emit(ReluOp, y)
        y = emit(ReshapeOp, y, shape=[1, 128, 64])
        x = emit(ReshapeOp, y, shape=[1, 128, 8, 8])
    block.add_op(func.ReturnOp(x))
    main = func.FuncOp("main", ([block.args[0].type], [x.type]), Region(block))
    return ModuleOp([main], {WEIGHTS: DictionaryAttr({"model": StringAttr("there-is-no-such-file.bin")})})


def seconds(pipeline: str, layers: int) -> float:
    module = chain(layers)
    gc.collect()
    gc.disable()  # its cost depends on everything else that this process holds
    try:
        start = time.process_time()
        run(pipeline, module)
        return time.process_time() - start
    finally:
        gc.enable()


@pytest.mark.parametrize("pipeline", ["optimize", "infer-shapes"])
def test_ten_times_the_layers_cost_ten_times_as_much(pipeline: str) -> None:
    run(pipeline, chain(100))  # imports and caches
    small = min(seconds(pipeline, 1_000) for _ in range(3)) / 1_000
    large = min(seconds(pipeline, 10_000) for _ in range(1)) / 10_000
    if large > 1.5 * small:  # a busy machine; measure again
        large = min(large, *(seconds(pipeline, 10_000) / 10_000 for _ in range(2)))
    assert large <= 1.5 * small, (
        f"{large * 1e6:.1f} us an op with 10,000 layers, {small * 1e6:.1f} with 1,000"
    )


def test_optimize_reads_no_weight_and_fuses_every_stage() -> None:
    module = chain(100)
    run("optimize", module)  # the file of the weights does not exist
    (main,) = module.body.block.ops
    ops = [op for op in main.regions[0].block.ops if not isinstance(op, ConstantOp | func.ReturnOp)]
    assert [type(op) for op in ops] == [ConvolutionOp] * 10
    assert all(op.residual is not None and op.bias is not None for op in ops if isinstance(op, ConvolutionOp))


def test_derived_weights_are_what_the_arithmetic_says() -> None:
    module = chain(10)
    store = WeightStore()
    attach(module, store)
    (main,) = module.body.block.ops
    random = np.random.default_rng(0)
    arrays = []
    for op in main.regions[0].block.ops:
        if isinstance(op, ConstantOp):
            arrays.append(random.uniform(-1, 1, op.result.type.get_shape()).astype(np.float32))  # type: ignore[union-attr]
            op.properties["value"] = store.add("w", arrays[-1])
    run("optimize", module)
    filter, scale, shift = arrays
    values = [constant_value(op) for op in main.regions[0].block.ops if isinstance(op, ConstantOp)]
    expected = filter * scale.reshape(128, 1, 1, 1)
    assert any(v.shape == expected.shape and np.array_equal(v, expected) for v in values)
    assert any(v.shape == (128,) and np.array_equal(v, shift.reshape(128)) for v in values)
