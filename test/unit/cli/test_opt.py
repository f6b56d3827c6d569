"""The parts of `arhat-opt` that lit files cannot show: files, exit codes, crashes, time to start."""

import io
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest
from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import ModuleOp, i32
from xdsl.passes import ModulePass
from xdsl.universe import Universe
from xdsl.utils.exceptions import PassFailedException

from arhat.cli import opt
from arhat.cli.common import Streams
from arhat.driver import registry
from arhat.errors import UserError

MODULE = "func.func @main() -> i32 {\n  %c = arith.constant 7 : i32\n  func.return %c : i32\n}\n"


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


def run(*arguments: str, stdin: str = "") -> Result:
    out, err = io.StringIO(), io.StringIO()
    streams = Streams(io.TextIOWrapper(io.BytesIO(stdin.encode())), out, err)
    code = opt.main(arguments, streams)
    return Result(code, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class CrashPass(ModulePass):
    """A pass with a bug."""

    name = "test-crash"

    count: int = 1
    names: tuple[str, ...] | None = None

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        raise KeyError("what the pass looked for")


class InvalidPass(ModulePass):
    """A pass that uses a value before its definition."""

    name = "test-invalid"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for each in list(op.walk()):
            if isinstance(each, arith.ConstantOp):
                late = arith.ConstantOp.from_int_and_width(1, 32)
                assert each.parent is not None
                each.parent.insert_op_before(arith.AddiOp(late.result, late.result, result_type=i32), each)
                each.parent.insert_op_after(late, each)


class RefusePass(ModulePass):
    """A pass that does not like its input."""

    name = "test-refuse"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        raise PassFailedException("there is\n  no model")


class LayerRefusePass(ModulePass):
    """A pass that names the layer it does not like."""

    name = "test-refuse-layer"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        raise UserError("this kind is not supported", layer="conv\n1")


@pytest.fixture(autouse=True)
def passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    universe = registry.load_universe()
    extra = (CrashPass, InvalidPass, RefusePass, LayerRefusePass)
    with_extra = Universe(
        all_dialects=universe.all_dialects,
        all_passes={**universe.all_passes, **{p.name: (lambda p=p: p) for p in extra}},
    )
    monkeypatch.setattr(registry, "load_universe", lambda: with_extra)
    monkeypatch.chdir(tmp_path)


def test_output_goes_to_a_file_or_stdout(tmp_path: Path) -> None:
    direct = run(stdin=MODULE)
    assert direct.code == 0
    assert "func.func @main() -> i32 {" in direct.out
    to_file = run("-", "-o", "result.mlir", stdin=MODULE)
    assert (to_file.code, to_file.out) == (0, "")
    assert Path("result.mlir").read_text() == direct.out
    assert run("result.mlir").out == direct.out


def test_nothing_is_written_on_an_error() -> None:
    Path("result.mlir").write_text("before")
    failed = run("-", "-o", "result.mlir", "--split-input-file", stdin=MODULE + "// -----\nnonsense")
    assert failed.code == 1
    assert Path("result.mlir").read_text() == "before"
    assert [p.name for p in Path().iterdir()] == ["result.mlir"]


def test_output_through_a_link_and_to_a_device() -> None:
    Path("real.mlir").write_text("before")
    Path("link.mlir").symlink_to("real.mlir")
    assert run("-", "-o", "link.mlir", stdin=MODULE).code == 0
    assert Path("link.mlir").is_symlink()
    assert "@main" in Path("real.mlir").read_text()
    assert run("-", "-o", os.devnull, stdin=MODULE).code == 0
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("target", ["no/such/folder.mlir", "."])
def test_output_that_cannot_be_written(target: str) -> None:
    result = run("-", "-o", target, stdin=MODULE)
    assert result.code == 1
    assert result.err.startswith(f"{target}: error: cannot write this file: ")


def test_input_that_cannot_be_read() -> None:
    assert (
        run("missing.mlir").err == "missing.mlir: error: cannot read this file: No such file or directory\n"
    )
    assert run(".").err.startswith(".: error: cannot read this file: ")
    Path("latin.mlir").write_bytes(b"// fine\n// \xe9\n")
    assert run("latin.mlir").err == "latin.mlir:2: error: this is not UTF-8 text\n"


def test_empty_input_is_an_empty_module() -> None:
    assert run(stdin="\n").out == "builtin.module {\n}\n"


def test_deep_nesting_is_a_user_error() -> None:
    result = run(stdin="builtin.module {" * 3000)
    assert result.code == 1
    assert "error: this is nested too deeply" in result.err
    assert "Traceback" not in result.err


def test_a_crash_leaves_a_test_case_that_crashes_again() -> None:
    source = "// RUN: something else\n" + MODULE
    result = run("-p", "cse,test-crash", stdin=source)
    assert result.code == 2
    first, second = result.err.splitlines()
    assert first.startswith(
        "error: pass 'test-crash' raised KeyError: 'what the pass looked for' (test_opt.py:"
    )
    assert second == "note: pass 'test-crash' has a bug; arhat-reproducer.mlir reproduces it"
    text = Path("arhat-reproducer.mlir").read_text()
    head = text.splitlines()[0]
    assert head == "// RUN: arhat-opt '--pass-pipeline=builtin.module(cse,test-crash)' %s"
    assert text.count("// RUN:") == 1
    assert "raise KeyError" in text
    again = run("--pass-pipeline=builtin.module(cse,test-crash)", "arhat-reproducer.mlir")
    assert again.code == 2


def test_where_the_test_case_goes() -> None:
    assert run("-p", "test-crash", "--crash-reproducer", "other.mlir", stdin=MODULE).code == 2
    assert Path("other.mlir").exists()
    result = run("-p", "test-crash", "--crash-reproducer", "no/folder.mlir", stdin=MODULE)
    assert result.code == 2
    assert "note: no test case was written: no/folder.mlir: No such file or directory" in result.err


def test_a_pass_that_leaves_invalid_ir() -> None:
    result = run("-p", "test-invalid", stdin=MODULE)
    assert result.code == 2
    assert "'arith.addi' op uses operand #0, which is not defined before it" in result.err
    assert "note: this is the module that pass 'test-invalid' left behind" in result.err
    dumped = run("-p", "test-invalid", "--print-ir-after-failure", stdin=MODULE)
    assert "// -----// IR dump after failed test-invalid //----- //" in dumped.err
    assert "arith.addi" in dumped.err
    assert run("-p", "test-invalid", "--no-verify-each", stdin=MODULE).code == 0


def test_a_pass_that_refuses() -> None:
    result = run("-p", "test-refuse", stdin=MODULE)
    assert (result.code, result.err) == (1, "error: pass 'test-refuse' failed: there is no model\n")
    layer = run("-p", "test-refuse-layer", stdin=MODULE)
    assert (layer.code, layer.err) == (1, "error: layer 'conv\\n1': this kind is not supported\n")
    assert not Path("arhat-reproducer.mlir").exists()


def test_expected_failures_of_passes() -> None:
    source = "// expected-error@unknown {{no model}}\n" + MODULE
    assert run("-p", "test-refuse", "--verify-diagnostics", stdin=source).code == 0
    crash = "// expected-error@unknown {{KeyError}}\n" + MODULE
    assert run("-p", "test-crash", "--verify-diagnostics", stdin=crash).code == 0
    assert run("-p", "cse", "--verify-diagnostics", stdin=crash).code == 1


def test_traceback_on_demand() -> None:
    assert "Traceback" in run("-p", "test-crash", "--traceback", stdin=MODULE).err
    assert "Traceback" in run("--traceback", stdin="nonsense").err
    assert "Traceback" not in run(stdin="nonsense").err


def test_timing_goes_to_stderr() -> None:
    result = run("-p", "cse,dce", "--timing", stdin=MODULE)
    rows = [line.split()[-1] for line in result.err.splitlines()]
    assert rows == ["pass", "(read)", "cse", "dce", "(print)", "(write)", "total"]
    assert "total" not in result.out


def test_lists() -> None:
    passes = run("--list-passes").out
    assert (
        "\ntest-crash\n  A pass with a bug.\n  {count: int = 1}\n  {names: tuple[str, ...] | None = none}\n"
        in passes
    )
    assert passes.index("fold-constants") < passes.index("// passes of xDSL") < passes.index("\ncse\n")
    assert "not usable" not in passes.split("// passes of xDSL")[0]
    assert {"arhat", "cpu", "kernel", "func", "builtin"} <= set(run("--show-dialects").out.split())
    assert "optimize\n  " in run("--list-pipelines").out
    assert run("--version").out.startswith("arhat-opt 0.")


@pytest.mark.parametrize("name", registry.named_pipelines())
def test_named_pipelines_resolve_and_read_back(name: str) -> None:
    printed = run("--print-pipeline", name).out.strip()
    dumped = run(
        "--pass-pipeline", printed, "--dump-pass-pipeline", stdin="builtin.module{}"
    ).err.splitlines()
    assert dumped[0] == printed


def test_weights_options() -> None:
    assert run("--weights", "model", stdin=MODULE).err == "error: --weights takes SCOPE=PATH, not 'model'\n"
    missing = run("--weights", "model=nowhere.bin", stdin=MODULE)
    assert missing.err == "nowhere.bin: error: this weights file does not exist\n"


def constant(scope: str, path: str) -> str:
    return textwrap.dedent(f"""\
        builtin.module attributes {{arhat.weights = {{{scope} = "{path}"}}}} {{
          func.func @main() -> tensor<100xf32> {{
            %w = arhat.constant() {{value = #arhat.weight<"{scope}"::"w@0">}} : () -> tensor<100xf32>
            %e = arhat.exp(%w) : (tensor<100xf32>) -> tensor<100xf32>
            func.return %e : tensor<100xf32>
          }}
        }}
        """)


@pytest.fixture
def weights_folder() -> Path:
    folder = Path("a")
    folder.mkdir()
    (folder / "w.bin").write_bytes(bytes(400))
    (folder / "m.mlir").write_text(constant("model", "w.bin"))
    Path("b").mkdir()
    return folder


def test_paths_of_weights_follow_the_text(weights_folder: Path) -> None:
    assert run("a/m.mlir", "-o", "b/m.mlir").code == 0
    assert 'arhat.weights = {model = "../a/w.bin"}' in Path("b/m.mlir").read_text()
    assert 'arhat.weights = {model = "a/w.bin"}' in run("a/m.mlir").out
    absolute = Path("a/w.bin").resolve()
    Path("a/absolute.mlir").write_text(constant("model", str(absolute)))
    assert f'arhat.weights = {{model = "{absolute}"}}' in run("a/absolute.mlir").out


def test_weights_are_found_where_the_option_says(weights_folder: Path) -> None:
    Path("moved.bin").write_bytes((weights_folder / "w.bin").read_bytes())
    (weights_folder / "w.bin").unlink()
    failed = run("a/m.mlir", "-p", "fold-constants", "-o", "b/m.mlir")
    assert failed.code == 1
    assert "a/w.bin: error: cannot read the weights: No such file or directory" in failed.err
    assert run("a/m.mlir", "-p", "fold-constants", "-o", "b/m.mlir", "--weights", "model=moved.bin").code == 0


def test_a_test_case_finds_its_weights(weights_folder: Path) -> None:
    assert run("a/m.mlir", "-p", "test-crash").code == 2
    head = Path("arhat-reproducer.mlir").read_text().splitlines()[0]
    assert f"--weights=model={(weights_folder / 'w.bin').resolve()} %s" in head


def test_new_weights_never_replace_those_still_in_use(weights_folder: Path) -> None:
    assert run("a/m.mlir", "-p", "fold-constants", "-o", "a/m.mlir").code == 0
    assert sorted(p.name for p in weights_folder.iterdir()) == ["m.mlir", "m.mlir.safetensors", "w.bin"]
    text = (
        Path("a/m.mlir")
        .read_text()
        .replace(
            "func.return %e", "%f = arhat.exp(%e) : (tensor<100xf32>) -> tensor<100xf32>\n    func.return %f"
        )
    )
    Path("a/m.mlir").write_text(text)
    before = Path("a/m.mlir.safetensors").read_bytes()
    assert run("a/m.mlir", "-p", "fold-constants", "-o", "a/m.mlir").code == 0
    assert Path("a/m.mlir.safetensors").read_bytes() == before
    assert "m.mlir-next.safetensors" in Path("a/m.mlir").read_text()


def test_start_up_imports_little() -> None:
    script = (
        "import sys; from arhat.cli.opt import main; code = main(['-', '-p', 'cse']); "
        "print(*sorted({name.split('.')[0] for name in sys.modules} & {'typer', 'rich', 'numpy'}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=MODULE, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr.strip() == ""
    assert "@main" in done.stdout


def test_a_reader_that_goes_away_is_no_error() -> None:
    tool = f"{sys.executable} -c 'import sys; from arhat.cli.opt import main; sys.exit(main())'"
    done = subprocess.run(
        ["bash", "-c", f"{tool} --list-passes | true; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
