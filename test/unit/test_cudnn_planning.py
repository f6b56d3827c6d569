"""Every operation graph that the cudnn target makes of the quick models has an engine, by the real cuDNN.

No GPU is needed (`cudnn.planner`). `tools/plan_graphs` does the same with all models; docs/cudnn-graphs.md has what it
found.
"""

from __future__ import annotations

from typing import Any

import pytest
from cudnn.model_graphs import Plans, graph_texts, key_of, with_graphs
from cudnn.planner import SMS, unavailable
from models import Model, all_models, model_parameters
from unit.passes.graph_networks import Network
from unit.passes.test_form_graphs import KINDS, form
from xdsl.dialects.builtin import f32

from arhat.dialects.cudnn import GraphOp
from arhat.dialects.kernel import tensor_of
from arhat.options import CompileOptions
from arhat.passes.support import entry_point

pytestmark = pytest.mark.skipif(unavailable() is not None, reason=f"cuDNN cannot plan here: {unavailable()}")

QUICK = {model.name: model for model in all_models() if not model.slow}
"""One of the quick models for each name."""


@pytest.fixture(scope="module")
def plans() -> Plans:
    return Plans()


def refusals(plans: Plans, texts: list[str], sms: tuple[int, ...]) -> list[str]:
    """What did not plan: architecture, reason, text."""
    for _ in plans.plan(texts, sms, build=False):
        pass
    found: list[str] = []
    for text in texts:
        for sm in sms:
            result: dict[str, Any] = plans.find(key_of(text), sm, False) or {}
            if not result["planned"]:
                found.append(f"sm_{sm}: {result['reason']}\n{text}")
    return found


@pytest.mark.parametrize("precision", ["f32", "f16"])
@pytest.mark.parametrize("model", model_parameters(QUICK.values()))
def test_every_graph_has_an_engine(model: Model, precision: str, plans: Plans) -> None:
    options = CompileOptions(input_shapes=model.input_shapes, precision=precision)
    module = with_graphs(model.xml, options)
    graphs = [op for op in entry_point(module).body.block.ops if isinstance(op, GraphOp)]
    for graph in graphs:
        narrow = tensor_of(graph.inputs[0]).element_type != f32
        assert graph.math.data == ("any" if narrow else "strict")
    texts = sorted(set(graph_texts(module)), key=key_of)
    assert refusals(plans, texts, (90,)) == []
    # A sample of the rest: which, depends on the key alone.
    some = [text for text in texts if int(key_of(text), 16) % 8 == 0]
    assert refusals(plans, some, SMS) == []


@pytest.mark.parametrize(("element", "nhwc", "math"), KINDS, ids=str)
def test_graphs_of_random_networks_have_engines(element: str, nhwc: bool, math: str, plans: Plans) -> None:
    texts: set[str] = set()
    for seed in range(2):
        network = Network(seed, element, nhwc=nhwc, math=math)
        for _ in range(5):
            network.layer(steps=network.pick(5))
            network.loose()
        module = network.module()
        form(module)
        texts |= set(graph_texts(module))
    assert refusals(plans, sorted(texts, key=key_of), SMS) == []


def test_a_plan_can_be_built(plans: Plans) -> None:
    """An engine that is compiled for its graph is; and what no engine does is said to have none."""
    shapes = "dims=1,64,14,14 strides=12544,1,896,64"
    text = (
        "graph built math=any\n"
        f"tensor 1 f16 {shapes}\n"
        "tensor 2 f16 dims=64,64,1,1 strides=64,1,64,64\n"
        f"tensor 3 f32 {shapes} virtual\n"
        f"tensor 4 f16 {shapes}\n"
        "conv_fprop x=1 w=2 y=3 pre=0,0 post=0,0 strides=1,1 dilations=1,1 compute=f32\n"
        "pointwise mode=swish_fwd x=3 y=4 compute=f32\n"
        "end\n"
    )
    refused = text.replace("graph built", "graph refused").replace("12544,1,896,64", "12544,196,14,1")
    for graph, expected in ((text, True), (refused, False)):
        list(plans.plan([graph], (90,), build=True))
        result = plans.find(key_of(graph), 90, True)
        assert result is not None and result["planned"] is expected
