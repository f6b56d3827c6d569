"""What a compilation runs: the named pipeline of its target, and what options change of it."""

from pathlib import Path

import pytest

from arhat.compiler import TARGETS, optimize, pipeline
from arhat.driver.registry import make_resolver
from arhat.errors import UserError
from arhat.options import ARCHITECTURES, CompileOptions, parse_architectures
from arhat.passes.precision import PrecisionPass
from arhat.passes.select_engines import SelectEnginesPass


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


def names(options: CompileOptions, target: str = "cudnn") -> list[str]:
    return [step.name for step in pipeline(target, options) if not isinstance(step, tuple)]


@pytest.mark.parametrize("to", ["f32", "tf32", "f16", "bf16"])
def test_precisions_of_the_gpu(to: str) -> None:
    steps = pipeline("cudnn", CompileOptions(precision=to, keep_f32=("conv1",)))
    (precision,) = [step for step in steps if isinstance(step, PrecisionPass)]
    assert (precision.to, precision.keep) == (to, ("conv1",))
    # Integers stay integers whatever the rest is computed in.
    assert next(step.name for step in steps if not isinstance(step, tuple)) == "quantize"
    assert "quantize" not in names(CompileOptions(precision=to, quantized=False))


def test_tactics_are_told_to_the_pass_that_reads_them() -> None:
    engines = [step for step in pipeline("cudnn") if isinstance(step, SelectEnginesPass)]
    assert [step.tactics for step in engines] == [""]
    given = pipeline("cudnn", CompileOptions(tactics=Path("my tactics.json")))
    assert [step.tactics for step in given if isinstance(step, SelectEnginesPass)] == ["my tactics.json"]
    assert len(given) == len(pipeline("cudnn"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            CompileOptions(precision="tf32"),
            "--precision tf32 is for tensor cores: the cpu target has f32, f16 and",
        ),
        (CompileOptions(architectures=(90,)), "--arch names GPUs: the cpu target does not run on one"),
        (CompileOptions(tactics=Path("t.json")), "--tactics names cuDNN's engines: the cpu target has none"),
    ],
)
def test_what_is_of_no_use_on_the_cpu_is_refused(options: CompileOptions, message: str) -> None:
    with pytest.raises(UserError, match=message):
        pipeline("cpu", options)


def test_export_has_no_tensor_cores() -> None:
    from xdsl.dialects.builtin import ModuleOp

    with pytest.raises(UserError, match="--precision tf32 is for tensor cores"):
        optimize(ModuleOp([]), CompileOptions(precision="tf32"))


def test_architectures() -> None:
    assert parse_architectures("") == ARCHITECTURES == CompileOptions().architectures
    assert parse_architectures(" 90, sm_80,90 ,120") == (80, 90, 120)
    for text in ("8", "abc", "80;90", "80,", "90a", "-80", "1e2"):
        with pytest.raises(UserError, match="--arch wants compute capabilities"):
            parse_architectures(text)
    with pytest.raises(UserError, match="and later, not 75"):
        parse_architectures("90,75")
