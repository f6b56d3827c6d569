"""The before/after example in each pass's documentation is what the pass does."""

import inspect
import re

import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from arhat.driver.registry import make_context, make_resolver
from arhat.universe import ARHAT_UNIVERSE

EXAMPLE = re.compile(
    r"Before(?: \(with `(?P<options>[^`]*)`\))?:\s+```mlir\n(?P<before>.*?)```"
    r"\s+After:\s+```mlir\n(?P<after>.*?)```",
    re.DOTALL,
)

OURS = [
    "choose-cudnn-layout",
    "common-subexpression-elimination",
    "compose-region",
    "convert-arhat-to-trt",
    "convert-precision",
    "dynamic-batch",
    "fold-constants",
    "fold-priors",
    "fuse-activation",
    "fuse-batch-norm",
    "fuse-bias",
    "fuse-elementwise",
    "form-graphs",
    "fuse-pointwise",
    "fuse-residual-add",
    "infer-shapes",
    "legalize-precision",
    "preprocess",
    "quantize",
    "fuse-channel-order",
    "outline-plugins",
    "schedule",
    "simplify-for-trt",
    "type-network",
    "sink-input-transpose",
    "set-batch",
]


def parse(text: str) -> ModuleOp:
    module = Parser(make_context(), text).parse_module()
    module.verify()
    return module


def text_of(module: ModuleOp) -> str:
    """The text with numbered values: names of values are not what a pass is about."""
    for op in module.walk():
        for result in op.results:
            result.name_hint = None
    return str(module)


@pytest.mark.parametrize("name", OURS)
def test_example_is_what_the_pass_does(name: str) -> None:
    text = inspect.cleandoc(ARHAT_UNIVERSE.all_passes[name]().__doc__ or "")
    example = EXAMPLE.search(text)
    assert example is not None, "no before/after example"
    options = example["options"]
    pipeline = f"{name}{{{options}}}" if options else name
    module = parse(example["before"])
    (step,) = make_resolver().resolve(pipeline)
    step.apply(make_context(), module)
    module.verify()
    assert text_of(module) == text_of(parse(example["after"]))
    assert text_of(module) != text_of(parse(example["before"]))
