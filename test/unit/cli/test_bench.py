from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from arhat.bench import machine, measure, report, worker
from arhat.bench.machine import version_of
from arhat.bench.measure import Plan, SideResult, SideSpec
from arhat.cli.main import main
from arhat.errors import UserError

SPEC = SideSpec("a", "arhat", Path("a"))


def result(name: str, rounds: list[list[int]]) -> SideResult:
    spec = SideSpec(name, "arhat", Path(name))
    return SideResult(spec, "1", rounds, 5, [0.1], [0.2], [0.05], 10, 20, 30)


def test_percentiles() -> None:
    assert report.percentile([3, 1, 2], 0.5) == 2
    assert report.percentile([0, 10], 0.9) == 9
    assert report.percentile([7], 0.99) == 7
    values = list(range(1000))
    assert report.percentile(values, 0.9) == pytest.approx(np.percentile(values, 90))


def test_ratio_compares_within_rounds() -> None:
    # The machine is ten times slower in the second round; a ratio of overall medians would see that, not
    # this.
    ours = result("ours", [[100, 100, 100], [1000]])
    theirs = result("theirs", [[150], [1500, 1500, 1500]])
    assert report.ratio(theirs, ours) == pytest.approx(1.5)
    assert report.ratio(ours, ours) == 1


def test_rows_csv_and_json() -> None:
    cell = report.Cell("m", Plan(threads=2), [result("ours", [[2_000_000]]), result("other", [[4_000_000]])])
    first, second = report.rows([cell])
    assert (first["p50_ms"], second["p50_ms"]) == (2, 4)
    assert (first["throughput_per_s"], second["ratio_to_first_side"]) == (500, 2)
    parsed = list(csv.DictReader(io.StringIO(report.to_csv([cell]))))
    assert [row["side"] for row in parsed] == ["ours", "other"]
    assert tuple(parsed[0]) == report.COLUMNS
    data = json.loads(json.dumps(report.to_json([cell], machine.describe())))
    assert data["results"][1]["rounds_us"] == [[4000]]
    assert data["machine"]["cpu"]


def test_measure_counts_and_stops() -> None:
    calls: list[int] = []
    times, _ = worker.measure(lambda: calls.append(1), 60, 5)
    assert (len(times), len(calls)) == (5, 6)  # one run before the clock starts
    times, _ = worker.measure(lambda: calls.append(1), 0.01, sys.maxsize)
    assert sum(times) >= 0.01 * 1e9 * 0.5


def test_peak_and_mapped_files() -> None:
    if not Path("/proc/self/maps").exists():
        pytest.skip("the system has no /proc")
    assert worker.peak_bytes() > 1_000_000
    root = Path(np.__file__).resolve().parent
    assert any(file.suffix == ".so" for file in worker.mapped_files(root))


SLOW_SIDE = """
import json, sys, time
order = json.loads(sys.stdin.readline())
log = open(order["inputs"], "a")
now = time.monotonic()
def answer(**message):
    print(json.dumps(message), flush=True)
answer(version="1", ready=now, loaded=now, first=now, ready_bytes=1, peak_bytes=2, files={"x": 3})
for line in sys.stdin:
    task = json.loads(line)
    log.write(f"{order['model']} begins\\n"); log.flush()
    time.sleep(0.02)
    log.write(f"{order['model']} ends\\n"); log.flush()
    answer(ns=[1000] * min(4, task["iterations"]), cpu_ns=7, peak_bytes=5)
"""


def fake_workers(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    real = measure.subprocess.Popen

    def start(command: list[str], **options: object) -> object:
        return real([sys.executable, "-c", source], **options)

    monkeypatch.setattr(measure.subprocess, "Popen", start)


def test_sides_take_turns_one_at_a_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_workers(monkeypatch, SLOW_SIDE)
    log = tmp_path / "log"
    specs = [SideSpec(name, "arhat", Path(name)) for name in ("a", "b")]
    results = measure.run(specs, log, [], Plan(warmup=1, iterations=12, starts=2))
    assert [len(one.latencies) for one in results] == [12, 12]
    assert [len(one.first_s) for one in results] == [2, 2]
    lines = [line.split() for line in log.read_text().splitlines()]
    assert all(
        a[0] == b[0] and (a[1], b[1]) == ("begins", "ends")
        for a, b in zip(lines[::2], lines[1::2], strict=True)
    )
    # Warm-up of both, then rounds that begin with the one and the other by turns.
    assert [line[0] for line in lines[4::2]] == ["a", "b", "b", "a", "a", "b"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import sys; sys.exit(3)", "stopped"),
        ('print(\'{"error": "ValueError: no"}\', flush=True)', "failed: ValueError: no"),
    ],
)
def test_a_side_that_fails_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str, message: str
) -> None:
    fake_workers(monkeypatch, source)
    with pytest.raises(UserError, match=f"a {message}"):
        measure.run([SPEC], tmp_path / "x", [], Plan())


def test_worker_reports_errors(tmp_path: Path) -> None:
    np.savez(tmp_path / "in.npz", x=np.zeros(1, np.float32))
    with pytest.raises(UserError, match="arhat failed: UserError"):
        spec = SideSpec("arhat", "arhat", tmp_path)
        measure.run([spec], tmp_path / "in.npz", ["x"], Plan())


def test_bench_of_a_model(small_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    peers = "openvino" if version_of("openvino") else ""
    quick = ["--threads", "1", "--duration", "0.05", "--burst", "0.02", "--starts", "1", "--warmup", "1"]
    assert main(["bench", str(small_model), "--against", f"{peers},onnxruntime", *quick, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [row["side"] for row in data["results"]] == ["arhat cpu", *([peers] if peers else [])]
    assert any(note.startswith("onnxruntime: n") for note in data["notes"])
    for row in data["results"]:
        assert 0 < row["min_ms"] <= row["p50_ms"] <= row["p90_ms"] <= row["p99_ms"]
        assert row["runs"] > 0
        assert row["load_ms"] < row["first_result_ms"]
        assert row["peak_memory_bytes"] > 1_000_000
        assert row["disk_bytes"] > 10_000
    ours = data["results"][0]
    assert ours["start_process"] == "native"
    if peers:
        theirs = data["results"][1]
        assert ours["peak_memory_bytes"] < theirs["peak_memory_bytes"]
        assert ours["disk_bytes"] < theirs["disk_bytes"]


def test_bench_of_a_built_project(small_project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quick = ["--threads", "1,2", "--iterations", "3", "--starts", "1", "--warmup", "1"]
    assert main(["bench", str(small_project), "--against", "openvino", *quick, "--csv"]) == 0
    parsed = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["threads"], row["runs"]) for row in parsed] == [("1", "3"), ("2", "3")]
    assert main(["bench", str(small_project), *quick]) == 0
    out = capsys.readouterr().out
    assert "arhat cpu" in out
    assert "times in ms" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--threads", "two"], "--threads wants numbers"),
        (["--against", "abacus"], "--against takes"),
        (["--target", "abacus"], "no target named 'abacus'"),
        (["--target", ","], "at least one target"),
        (["second.xml", "--onnx", "m.onnx"], "--onnx goes with one model"),
    ],
)
def test_bench_says_what_is_wrong(
    small_model: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", str(small_model), *arguments]) == 1
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
