"""What a compilation runs: the named pipeline of its target, and what options change of it."""

import pytest

from arhat.compiler import TARGETS, pipeline
from arhat.driver.registry import make_resolver
from arhat.options import CompileOptions


@pytest.mark.parametrize("target", TARGETS)
def test_without_options_it_is_the_named_pipeline(target: str) -> None:
    assert pipeline(target) == list(make_resolver().expand(target))


def test_options_change_what_they_are_about() -> None:
    names = [step.name for step in pipeline("cpu") if not isinstance(step, tuple)]
    in_f32 = [step.name for step in pipeline("cpu", CompileOptions(quantized=False))]
    assert in_f32 == [name for name in names if name != "quantize"]
    low = pipeline("cpu", CompileOptions(precision="bf16", keep_f32=("conv1",)))
    (convert,) = [step for step in low if step.name == "convert-precision"]
    assert (convert.to, convert.keep) == ("bf16", ("conv1",))
