"""The tactics file, the plans that it pins, and how the fastest plan is found."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cudnn import planner

NEEDS_CUDNN = pytest.mark.skipif(planner.unavailable() is not None, reason=str(planner.unavailable()))
NEEDS_GXX = pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
H200 = ("9.24.0", "NVIDIA H200", "90")

FILE = """{
  "arhat-tactics": 1,
  "cudnn": "9.24.0",
  "device": "NVIDIA H200",
  "sm": 90,
  "graphs": {
    "0f3c": {"plan": "eng4_k24=3", "microseconds": 11.25, "workspace": 0},
    "12ab": {"plan": "eng0", "microseconds": 7.00, "workspace": 4096}
  }
}
"""

# Bias of the type of the tensors: there are precompiled kernels, which need no compiling here.
GRAPH = """graph key math=any
tensor 1 f16 dims=1,64,28,28 strides=50176,1,1792,64
tensor 2 f16 dims=64,64,3,3 strides=576,1,192,64
tensor 3 f16 dims=1,64,1,1 strides=64,1,64,64
tensor 4 f32 dims=1,64,28,28 strides=50176,1,1792,64 virtual
tensor 5 f32 dims=1,64,28,28 strides=50176,1,1792,64 virtual
tensor 6 f16 dims=1,64,28,28 strides=50176,1,1792,64
conv_fprop x=1 w=2 y=4 pre=1,1 post=1,1 strides=1,1 dilations=1,1 compute=f32
pointwise mode=add x=4 b=3 y=5 compute=f32
pointwise mode=relu_fwd x=5 y=6 compute=f32
end
"""


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`tactics_tool`, with sanitizers."""
    out = tmp_path_factory.mktemp("tactics") / "tactics_tool"
    return planner.compile_tool("tactics_tool.cpp", out, "-g", "-fsanitize=address,undefined", cudnn=False)


@pytest.fixture(scope="module")
def tuner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`tune_tool`."""
    return planner.compile_tool("tune_tool.cpp", tmp_path_factory.mktemp("tune") / "tune_tool")


@pytest.fixture(scope="module")
def names() -> list[str]:
    """The candidates of the graph on the H200."""
    (listed,) = planner.plan([GRAPH], [90], build=False, candidates=True)
    return [entry.split()[0] for entry in listed["list"]]


def read(tool: Path, path: Path, text: str, *platform: str) -> tuple[int, str]:
    """The exit status and output of reading a file with this text."""
    path.write_text(text)
    command = [str(tool), "read", str(path), *(platform or H200)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stderr == ""
    return done.returncode, done.stdout


@NEEDS_GXX
class TestFile:
    def test_what_is_written_is_what_was_read(self, tool: Path, tmp_path: Path) -> None:
        assert read(tool, tmp_path / "t.json", FILE) == (0, FILE)

    def test_graphs_are_sorted_and_formatted(self, tool: Path, tmp_path: Path) -> None:
        content = json.loads(FILE)
        content["graphs"] = dict(reversed(content["graphs"].items()))
        assert read(tool, tmp_path / "t.json", json.dumps(content)) == (0, FILE)

    @pytest.mark.parametrize(
        "platform",
        [("9.25.0", "NVIDIA H200", "90"), ("9.24.0", "NVIDIA L40", "90"), ("9.24.0", "NVIDIA H200", "89")],
    )
    def test_of_another_platform(self, tool: Path, tmp_path: Path, platform: tuple[str, str, str]) -> None:
        status, output = read(tool, tmp_path / "t.json", FILE, *platform)
        assert status == 0
        assert '"graphs": {}' in output
        version, device, sm = platform
        assert "are for cuDNN 9.24.0 on NVIDIA H200 (sm_90)" in output
        assert f"this is cuDNN {version} on {device} (sm_{sm}): plans are chosen by heuristics" in output

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            (FILE, "", "line 1: expected a value"),
            (FILE, "[]", "line 1: this is no file of tactics"),
            (FILE, "[" * 1000, "line 1: too deep"),
            ('"arhat-tactics": 1', '"arhat-tactics": 2', "is another version's"),
            ('"sm": 90,', "", '"sm" is missing'),
            ('"sm": 90', '"sm": "90"', 'line 5: "sm" has the wrong type'),
            ("eng0", "eng0_", 'line 8: "eng0_" is not the name of a plan'),
            ('"workspace": 4096', '"workspace": -1', 'line 8: "workspace" is out of range'),
            ("7.00", "-7.00", 'line 8: "microseconds" is out of range'),
            ('"sm": 90', '"sm": 1e99', 'line 1: "sm" is out of range'),
            ('"12ab": {', r'"12\nab": 7, "x": {', r'line 8: "12\nab" is no object'),
            ('"12ab"', '"0f3c"', 'line 8: "0f3c" stands twice'),
            ("4096}", "4096", "expected '}'"),
            ('"12ab": {', '"12ab": 7, "x": {', 'line 8: "12ab" is no object'),
            ("4096}", '"4096}', "line 8: the text does not end"),
            ('"eng0"', r'"\q"', "line 8: unknown escape"),
            ("7.00", "7.0.0", "line 8: expected a value"),
            ("7.00", "1e999", "line 8: expected a value"),
            (FILE, FILE + "x", "nothing may follow the value"),
        ],
    )
    def test_damaged(self, tool: Path, tmp_path: Path, old: str, new: str, message: str) -> None:
        assert old in FILE
        status, output = read(tool, tmp_path / "t.json", FILE.replace(old, new, 1))
        assert status == 1
        assert output.startswith(f"error: tactics file '{tmp_path}/t.json', line ")
        assert message in output

    def test_any_prefix_is_damaged(self, tool: Path, tmp_path: Path) -> None:
        for end in range(1, len(FILE) - 2, 17):
            assert read(tool, tmp_path / "t.json", FILE[:end])[0] == 1

    def test_missing(self, tool: Path, tmp_path: Path) -> None:
        command = [str(tool), "read", str(tmp_path / "none.json"), *H200]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.stdout == f"error: tactics file '{tmp_path}/none.json' cannot be read\n"


@NEEDS_GXX
@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("eng0", True),
        ("eng4_k24=3", True),
        ("eng23_k2=5_k12=-1_k13=1", True),
        ("", False),
        ("eng", False),
        ("eng-1", False),
        ("eng4_", False),
        ("eng4_k", False),
        ("eng4_k24", False),
        ("eng4_k24=", False),
        ("eng4_k-1=2", False),
        ("eng4 ", False),
        ("eng99999999999999999999", False),
    ],
)
def test_names_of_plans(tool: Path, name: str, same: bool) -> None:
    done = subprocess.run([str(tool), "name", name], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == (name if same else "")


@NEEDS_GXX
def test_accounts_are_condensed(tool: Path) -> None:
    account = """{"engineId":-1,"smVersion":800,"knobChoices":{}}
Warning: CUDNN_STATUS_NOT_SUPPORTED; Reason: The specified engine with global index -1 is not found
{"engineId":7,"smVersion":800,"knobChoices":{}}
Warning: CUDNN_STATUS_NOT_SUPPORTED_LAYOUT; Reason: must be NHWC. at: (layout != "TensorNHWC")
Warning: CUDNN_STATUS_NOT_SUPPORTED; Reason: finalize_internal()
{"engineId":8,"smVersion":800,"knobChoices":{}}
Warning: CUDNN_STATUS_NOT_SUPPORTED_LAYOUT; Reason: must be NHWC. at: elsewhere
{"engineId":9,"smVersion":800,"knobChoices":{}}
Warning: CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH; Reason: for Blackwell
{"engineId":10,"smVersion":800,"knobChoices":{}}
Warning: CUDNN_STATUS_NOT_SUPPORTED_SHAPE; Reason: too small
"""
    for text, expected in [
        (account, "eng7: must be NHWC.; eng10: too small"),
        ("Error: CUDNN_STATUS_BAD_PARAM; Reason: dims differ at: x", "dims differ"),
        ("plain text\nmore", "plain text"),
        ("", ""),
    ]:
        done = subprocess.run([str(tool), "condense"], input=text, capture_output=True, text=True, check=True)
        assert done.stdout == expected + "\n"


@NEEDS_CUDNN
class TestChoice:
    def file(self, folder: Path, plan: str, key: str = "key") -> Path:
        """A file that pins one plan on the H200."""
        content = json.loads(FILE)
        content["graphs"] = {key: {"plan": plan, "microseconds": 1, "workspace": 0}}
        path = folder / "tactics.json"
        path.write_text(json.dumps(content))
        return path

    def test_the_file_decides(self, tmp_path: Path, names: list[str]) -> None:
        path = self.file(tmp_path, names[1])
        here, elsewhere = planner.plan([GRAPH], [90, 80], tactics=path)
        assert (here["plan"], here["notes"]) == (names[1], [])
        assert elsewhere["planned"]
        assert "this is cuDNN" in elsewhere["notes"][0]

    def test_a_key_that_is_missing(self, tmp_path: Path, names: list[str]) -> None:
        (result,) = planner.plan([GRAPH], [90], tactics=self.file(tmp_path, "eng0", key="other"))
        assert (result["plan"], result["notes"]) == (names[0], [])

    def test_a_plan_that_does_not_build(self, tmp_path: Path, names: list[str]) -> None:
        (result,) = planner.plan([GRAPH], [90], tactics=self.file(tmp_path, "eng9999_k24=1"))
        assert result["plan"] == names[0]
        (note,) = result["notes"]
        assert note.startswith("graph key: plan eng9999_k24=1 is not to be had (")
        assert note.endswith("): chosen by heuristics")


@NEEDS_CUDNN
class TestTuning:
    def tune(self, tuner: Path, costs: str, limit: int = 1 << 30) -> str:
        """What the tool prints for a GPU that takes these times."""
        device = str(planner.HERE / "sm_90.json")
        done = subprocess.run(
            [str(tuner), device, str(limit), costs],
            input=GRAPH,
            capture_output=True,
            text=True,
            env=planner.environment(),
            check=True,
        )
        assert done.stdout.endswith("left: 0\n"), done.stdout
        return done.stdout

    @pytest.mark.parametrize(
        ("costs", "best", "time"),
        [("50,30,40,31", 1, "30.00"), ("20", 0, "20.00"), ("fail,30,capture,20,90", 3, "20.00")],
    )
    def test_the_fastest_is_kept(
        self, tuner: Path, names: list[str], costs: str, best: int, time: str
    ) -> None:
        output = self.tune(tuner, costs)
        assert f"plan: {names[best]}\n" in output
        assert f'"key": {{"plan": "{names[best]}", "microseconds": {time}, "workspace": ' in output
        assert '"device": "Fake GPU"' in output

    def test_none_runs(self, tuner: Path, names: list[str]) -> None:
        output = self.tune(tuner, "fail,capture")
        assert output.startswith("error: CUDNN_STATUS_NOT_SUPPORTED tune: ")
        assert f"{names[0]}: CUDNN_STATUS_EXECUTION_FAILED" in output

    def test_no_workspace_to_be_had(self, tuner: Path) -> None:
        # The fake device has 64 MiB beyond the limit; a negative limit leaves less than the tensors want.
        output = self.tune(tuner, "1,2", limit=-(64 << 20))
        assert output.startswith("error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED cudaMalloc")


@NEEDS_CUDNN
@pytest.mark.parametrize("compiler", [name for name in ("g++", "clang++") if shutil.which(name)])
@pytest.mark.parametrize("header", ["tactics.hpp", "tune.hpp"])
def test_headers_compile_alone(compiler: str, header: str, tmp_path: Path) -> None:
    source = tmp_path / "alone.cpp"
    source.write_text(f'#include "arhat/cudnn/{header}"\nint main() {{ return 0; }}\n')
    flags = ["-std=c++17", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", *planner.include_options()]
    done = subprocess.run([compiler, *flags, str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
