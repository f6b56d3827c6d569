"""The results of `gpu_check` as a page of Markdown."""

from __future__ import annotations

from typing import Any

from gpu.run import TOLERANCES

PEAKS = {"f32": 67e12, "tf32": 494e12, "f16": 989e12, "bf16": 989e12, "int8": 1979e12}
"""Operations per second that the H200's data sheet states (dense), by precision."""
BANDWIDTH = 4.8e12
"""Bytes per second of its memory, likewise."""


def markdown(results: dict[str, Any]) -> str:
    """Environment, correctness, times beside the peers', and where the time goes."""
    out = ["# GPU check", ""]
    out += [f"- {name}: {value}" for name, value in results.get("environment", {}).items() if value]
    targets = dict.fromkeys(case["target"] for case in results["cases"])
    out += [f"- targets: {', '.join(targets)}", "", "## Correctness", ""]
    out += [
        "The reference is the NumPy meaning of the same program in the same precision. `off` is the largest relative "
        "difference of an output; `matched` the share of detections with a partner where that is above the limit.",
        "",
        "| project | build s | result | off | limit | matched | values seen | same bits | memcheck | racecheck |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    out += [_correctness(case) for case in results["cases"]]
    out += ["", "## Times", "", "Host input to host output, in ms.", ""]
    out += [
        "| project | p50 | p90 | p99 | without CUDA graph p50 | tuned p50 | images/s |",
        "|---|---|---|---|---|---|---|",
    ]
    out += [_times(case) for case in results["cases"] if "bench" in case]
    if any("trtexec" in case for case in results["cases"]):
        out += ["", "## The same engine in trtexec", "", "Host to host, in ms.", ""]
        out += ["| project | trtexec p50 | p90 | p99 | Arhat p50 | Arhat / trtexec | cudnn target p50 |"]
        out += ["|---|---|---|---|---|---|---|"]
        out += [_trtexec(case, results["cases"]) for case in results["cases"] if "trtexec" in case]
    if results.get("peers"):
        out += ["", "## Peers (f16; PyTorch channels_last)", ""]
        out += ["| network | p50 | p90 | p99 | Arhat f16 p50 | Arhat / peer |", "|---|---|---|---|---|---|"]
        out += [_peer(name, row, results["cases"]) for name, row in results["peers"].items()]
    for case in results["cases"]:
        if case["target"] != "cpu" and "operations" in case.get("profile", {}):
            out += _roofline(case)
    return "\n".join(out) + "\n"


def _number(value: Any, digits: int = 3) -> str:
    return f"{value:.{digits}g}" if isinstance(value, int | float) else "-"


def _correctness(case: dict[str, Any]) -> str:
    name = case["project"].replace("__", " ")
    problem = case.get("error") or case.get("build_error")
    if problem:
        return f"| {name} | - | NOT BUILT: {_cell(problem)} | | | | | | | |"
    check = case.get("check", {})
    outputs = check.get("outputs", {}).values()
    off = max((o["relative"] for o in outputs), default=None)
    matched = min((o["matched"] for o in outputs if "matched" in o), default=None)
    result = "ok" if check.get("ok") else f"FAILED {_cell(check.get('says', ''))}" if check else "not run"
    first = check.get("first_off")
    if first and not check.get("ok"):
        result += f" first off: {_cell(first['op'] + ' ' + first['layers'])} ({_number(first['relative'])})"
    tools = [case[t]["says"] if t in case else "-" for t in ("memcheck", "racecheck")]
    same = {True: "yes", False: "NO"}.get(check.get("deterministic"), "-")
    return (
        f"| {name} | {_number(case.get('build_seconds'))} | {result} | {_number(off)} | "
        f"{TOLERANCES[case['precision']]} | {_number(matched)} | {check.get('values', '-')} | {same} | "
        f"{_cell(tools[0])} | {_cell(tools[1])} |"
    )


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())[:160]


def _times(case: dict[str, Any]) -> str:
    bench = case["bench"]
    graph = bench.get("graph", {})
    if "error" in graph:
        return f"| {case['project'].replace('__', ' ')} | {_cell(graph['error'])} | | | | | |"
    images = case["batch"] * 1e3 / graph["p50_ms"] if graph.get("p50_ms") else None
    columns = [graph.get(k) for k in ("p50_ms", "p90_ms", "p99_ms")]
    columns += [bench.get(k, {}).get("p50_ms") for k in ("launches", "tuned")]
    return (
        f"| {case['project'].replace('__', ' ')} | {' | '.join(_number(c, 4) for c in [*columns, images])} |"
    )


def _peer(name: str, row: dict[str, Any], cases: list[dict[str, Any]]) -> str:
    if "p50_ms" not in row:
        return f"| {name} | not run: {_cell(row.get('error', ''))} | | | | |"
    graph, _, batch = name.split(" ")
    ours = next((c for c in cases if c["project"] == f"{graph}__f16__{batch}"), {})
    times = [ours.get("bench", {}).get(kind, {}).get("p50_ms") for kind in ("graph", "tuned")]
    best = min((t for t in times if t), default=None)
    ratio = best / row["p50_ms"] if best else None
    columns = [row["p50_ms"], row["p90_ms"], row["p99_ms"], best, ratio]
    return f"| {name} | {' | '.join(_number(c, 4) for c in columns)} |"


def _trtexec(case: dict[str, Any], cases: list[dict[str, Any]]) -> str:
    name, row = case["project"].replace("__", " "), case["trtexec"]
    if "p50_ms" not in row:
        return f"| {name} | not run: {_cell(row.get('error', ''))} | | | | | |"
    ours = case.get("bench", {}).get("graph", {}).get("p50_ms")
    other = next((c for c in cases if c["project"] == case["project"].removesuffix("__trt")), {})
    cudnn = other.get("bench", {})
    best = min((t for k in ("graph", "tuned") if (t := cudnn.get(k, {}).get("p50_ms"))), default=None)
    columns = [
        row["p50_ms"],
        row["p90_ms"],
        row["p99_ms"],
        ours,
        ours / row["p50_ms"] if ours else None,
        best,
    ]
    return f"| {name} | {' | '.join(_number(c, 4) for c in columns)} |"


def _roofline(case: dict[str, Any], most: int = 12) -> list[str]:
    """The operations that take the longest, and the least time that the GPU's peaks allow them."""
    rows = sorted(case["profile"]["operations"], key=lambda row: -row["mean_ms"])
    total = sum(row["mean_ms"] for row in rows)
    peak = PEAKS[case["precision"]]
    least = sum(max(row["flops"] / peak, row["bytes"] / BANDWIDTH) for row in rows) * 1e3
    out = [
        "",
        f"### {case['project'].replace('__', ' ')}: {total:.3f} ms in {len(rows)} operations, "
        f"{least:.3f} ms at the peaks",
        "",
        "| operation | layers | ms | share | of the peak |",
        "|---|---|---|---|---|",
    ]
    for row in rows[:most]:
        bound = max(row["flops"] / peak, row["bytes"] / BANDWIDTH) * 1e3
        layers = _cell(", ".join(row["layers"]))[:60]
        share = row["mean_ms"] / total if total else 0
        out.append(
            f"| {row['operation']} | {layers} | {row['mean_ms']:.4f} | {share:.1%} | "
            f"{bound / row['mean_ms'] if row['mean_ms'] else 0:.0%} |"
        )
    return out
