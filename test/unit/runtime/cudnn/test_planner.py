"""Operation graphs planned by the real cuDNN for GPUs that are not there.

It proves that the descriptors are right, that engines exist and that their kernels compile; nothing runs.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cudnn import planner

pytestmark = pytest.mark.skipif(planner.unavailable() is not None, reason=str(planner.unavailable()))

NHWC = "200704,1,3584,64"
CONVOLUTION = "conv_fprop x=1 w=2 y=4 pre=1,1 post=1,1 strides=1,1 dilations=1,1 compute=f32"


def fused(key: str, math: str, io: str, *, bias: str, virtual: str = "f32", layout: str = "nhwc") -> str:
    """A convolution of 64 channels by 3x3 with bias and swish."""
    image = NHWC if layout == "nhwc" else "200704,3136,56,1"
    weights = "576,1,192,64" if layout == "nhwc" else "576,9,3,1"
    return f"""graph {key} math={math}
tensor 1 {io} dims=1,64,56,56 strides={image}
tensor 2 {io} dims=64,64,3,3 strides={weights}
tensor 3 {bias} dims=1,64,1,1 strides=64,1,64,64
tensor 4 {virtual} dims=1,64,56,56 strides={image} virtual
tensor 5 {virtual} dims=1,64,56,56 strides={image} virtual
tensor 6 {io} dims=1,64,56,56 strides={image}
{CONVOLUTION}
pointwise mode=add x=4 b=3 y=5 compute=f32
pointwise mode=swish_fwd x=5 y=6 beta=1 compute=f32
end
"""


def relu(text: str) -> str:
    """The same with relu in place of swish."""
    return text.replace("swish_fwd x=5 y=6 beta=1", "relu_fwd x=5 y=6")


POOL = f"""graph pool math=strict
tensor 1 i8 dims=1,64,56,56 strides={NHWC}
tensor 2 i8 dims=1,64,28,28 strides=50176,1,1792,64
resample mode=max x=1 y=2 window=3,3 strides=2,2 pre=1,1 post=0,0 compute=f32
end
"""

DGRAD = """graph dgrad math=strict
tensor 1 f32 dims=1,64,14,14 strides=12544,1,896,64
tensor 2 f32 dims=64,32,2,2 strides=128,1,64,32
tensor 3 f32 dims=1,32,28,28 strides=25088,1,896,32
conv_dgrad x=1 w=2 y=3 pre=0,0 post=0,0 strides=2,2 dilations=1,1 compute=f32
end
"""

MATMUL = """graph matmul math=any
tensor 1 f16 dims=1,128,256 strides=32768,256,1
tensor 2 f16 dims=1,256,512 strides=131072,1,256
tensor 3 f16 dims=1,128,512 strides=65536,512,1
matmul a=1 b=2 y=3 compute=f32
end
"""

REDUCTION = """graph reduction math=any
tensor 1 f16 dims=1,64,7,7 strides=3136,1,448,64
tensor 2 f32 dims=1,64,1,1 strides=64,1,64,64
reduction mode=max x=1 y=2 compute=f32
end
"""


def test_all_architectures_have_candidates() -> None:
    graphs = [
        fused("half", "any", "f16", bias="f32"),
        fused("tf32", "tf32", "f32", bias="f32"),
        fused("strict", "strict", "f32", bias="f32"),
        POOL,
        DGRAD,
        MATMUL,
        REDUCTION,
    ]
    results = planner.plan(graphs, build=False)
    assert [(result["key"], result["sm"]) for result in results] == [
        (key, sm)
        for key in ("half", "tf32", "strict", "pool", "dgrad", "matmul", "reduction")
        for sm in planner.SMS
    ]
    assert [result for result in results if not result["planned"]] == []


def test_plans_build_on_all_architectures() -> None:
    # Bias of the type of the tensors and relu: cuDNN has precompiled kernels, which need no compiling here.
    results = planner.plan([relu(fused("half", "any", "f16", bias="f16")), DGRAD])
    assert all(result["planned"] for result in results), results
    assert all(result["workspace"] >= 0 for result in results)


def test_the_same_plan_from_json_and_from_its_name() -> None:
    graph = fused("half", "any", "f16", bias="f32")
    (result,) = planner.plan([graph], [90], serialize=True)
    assert result["differs"] == ""
    assert result["bytes"] > 1000
    (named,) = planner.plan([graph], [90], name=result["plan"])
    assert (named["plan"], named["workspace"]) == (result["plan"], result["workspace"])


def test_a_plan_in_a_file(tmp_path: Path) -> None:
    graph = relu(fused("half", "any", "f16", bias="f16"))
    path = tmp_path / "plan.json"
    planner.plan([graph], [90], save=path)
    # Another process, another GPU, and other graphs.
    same, other_gpu = planner.plan([graph], [90, 80], load=path)
    assert same["planned"]
    assert other_gpu["status"] == "CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH"
    others = [
        DGRAD,
        graph.replace(
            f"tensor 6 f16 dims=1,64,56,56 strides={NHWC}", f"tensor 6 f32 dims=1,64,56,56 strides={NHWC}"
        ),
        graph.replace("strides=64,1,64,64", "strides=64,1,1,1"),
    ]
    for result in planner.plan(others, [90], load=path):
        assert result["reason"] == "it is not of this graph"
    path.write_text(path.read_text()[:-100])
    (cut,) = planner.plan([graph], [90], load=path)
    assert cut["reason"] == "it is not of this graph"


def test_a_name_other_than_the_first_choice() -> None:
    graph = relu(fused("half", "any", "f16", bias="f16"))
    (listed,) = planner.plan([graph], [80], build=False, candidates=True)
    names = [entry.split()[0] for entry in listed["list"]]
    other = next(name for name in names if name != listed["plan"] and "k24" not in name)
    (named,) = planner.plan([graph], [80], name=other)
    assert named["plan"] == other


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("eng4_k24=", "is not the name of a plan"),
        ("4", "is not the name of a plan"),
        ("eng9999", "NOT_SUPPORTED"),
        ("eng7_k24=100000", ""),
    ],
)
def test_names_that_do_not_build_have_a_reason(name: str, why: str) -> None:
    (result,) = planner.plan([fused("half", "any", "f16", bias="f32")], [80], name=name)
    assert not result["planned"]
    assert why in result["reason"] + result["status"]


def test_strict_math_has_no_tensor_cores() -> None:
    strict = relu(fused("strict", "strict", "f32", bias="f32"))
    loose = relu(fused("loose", "tf32", "f32", bias="f32"))
    results = {
        (result["key"], result["sm"]): result["list"]
        for result in planner.plan([strict, loose], build=False, candidates=True)
    }
    for sm in planner.SMS:
        assert not any(" n0" in entry for entry in results["strict", sm])
        assert any(" n0" in entry for entry in results["loose", sm])


def test_a_pinned_engine_that_the_math_forbids_is_refused() -> None:
    (listed,) = planner.plan([fused("tf32", "tf32", "f32", bias="f32")], [90], build=False)
    strict = fused("strict", "strict", "f32", bias="f32")
    (result,) = planner.plan([strict], [90], name=listed["plan"])
    assert not result["planned"]
    assert "uses tensor cores" in result["reason"]


def test_what_cudnn_lacks_has_a_reason() -> None:
    planar = fused("planar", "any", "f16", bias="f32", layout="nchw")
    product = MATMUL.replace("f16", "f32").replace("math=any", "math=strict")
    results = planner.plan([planar, product], build=False)
    assert not any(result["planned"] for result in results)
    assert all("NHWC layout" in result["reason"] for result in results[:3])
    assert all("uses tensor cores" in result["reason"] for result in results[3:])


def test_a_graph_that_is_wrong_has_a_reason() -> None:
    wrong = DGRAD.replace("dims=1,32,28,28", "dims=1,32,31,28")
    (result,) = planner.plan([wrong], [80])
    assert not result["planned"]
    assert result["call"] == "convolution node"


def test_equal_graphs_are_planned_once() -> None:
    graph = fused("first", "any", "f16", bias="f32")
    first, second = planner.plan([graph, graph.replace("first", "second")], [80], build=False)
    assert first["key"] == "first"
    assert second == {**first, "key": "second"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("graph pool math=strict", "graph pool", "line 1: expected: graph"),
        ("math=strict", "math=loose", "line 1: unknown name 'loose'"),
        ("tensor 1 i8", "tensor 1 i9", "line 2: unknown name 'i9'"),
        ("tensor 2", "tensor 1", "line 3: the uid is taken"),
        ("28,28", "28,x8", "line 3: 'x8' is no integer"),
        ("dims=1,64,28,28", "dims=1,64,28", "line 3: as many strides as dimensions"),
        ("dims=1,64,28,28", "dims=1,1,1,64,28,28", "line 3: more than 5 dimensions"),
        ("mode=max ", "mode=median ", "line 4: unknown name 'median'"),
        ("mode=max ", "mode=max  ", "line 4: words are separated by one space"),
        ("y=2", "y=3", "line 4: no tensor 3"),
        ("resample", "resampling", "line 4: unknown node 'resampling'"),
        ("x=1 y=2", "y=2 x=1", "line 4: expected x= before 'y=2'"),
        (" compute=f32", "", "line 4: expected compute= at the end"),
        ("compute=f32", "compute=f32 more=1", "line 4: unexpected 'more=1'"),
        ("end\n", "", "line 4: the graph has no end"),
    ],
)
def test_malformed_text(old: str, new: str, message: str) -> None:
    assert old in POOL
    with pytest.raises(planner.MalformedGraph, match=message.replace("[", r"\[")):
        planner.plan([POOL.replace(old, new, 1)], [80], build=False)


@pytest.mark.parametrize("compiler", [name for name in ("g++", "clang++") if shutil.which(name)])
@pytest.mark.parametrize("header", ["desc.hpp", "graph.hpp"])
def test_headers_compile_alone(compiler: str, header: str, tmp_path: Path) -> None:
    source = tmp_path / "alone.cpp"
    source.write_text(f'#include "arhat/cudnn/{header}"\nint main() {{ return 0; }}\n')
    flags = ["-std=c++17", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", *planner.include_options()]
    done = subprocess.run([compiler, *flags, str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_tables_are_constants(tmp_path: Path) -> None:
    source = tmp_path / "table.cpp"
    source.write_text(
        """#include "arhat/cudnn/desc.hpp"
using namespace arhat;
using namespace arhat::cudnn;
constexpr TensorDesc tensors[] = {
    {1, Type::f16, {4, {1, 64, 56, 56}}, {4, {200704, 1, 3584, 64}}},
    {2, Type::f32, {4, {1, 64, 56, 56}}, {4, {200704, 1, 3584, 64}}, is_virtual}};
constexpr NodeDesc nodes[] = {
    conv_fprop(1, 3, 2, {2, {1, 1}}, {2, {1, 1}}, {2, {2, 2}}, {2, {1, 1}}).in(Type::i32),
    binary(CUDNN_POINTWISE_ADD, 2, 5, 6),
    unary(CUDNN_POINTWISE_RELU_FWD, 6, 7).clip(0, 6).leak(0.5f)};
constexpr GraphDesc graph = {"key", "layer", tensors, 2, nodes, 3, Math::strict, "eng4_k24=3"};
static_assert(tensors[1].is_virtual && !tensors[0].is_virtual && tensors[0].alignment == 16);
static_assert(nodes[0].kind == Kind::conv_fprop && nodes[0].b == 3 && nodes[0].compute == Type::i32);
static_assert(nodes[0].strides.d[1] == 2 && nodes[1].b == 5 && nodes[1].t == no_tensor);
static_assert(nodes[2].upper == 6 && nodes[2].slope == 0.5f && nodes[1].upper == infinity);
static_assert(graph.nodes[2].y == 7);
"""
    )
    flags = ["-std=c++17", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", *planner.include_options()]
    done = subprocess.run(["g++", *flags, str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
