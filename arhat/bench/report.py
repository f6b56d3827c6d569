"""Numbers of a benchmark as a table, JSON and CSV."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from arhat.bench.measure import Plan, SideResult

if TYPE_CHECKING:
    from rich.table import Table

COLUMNS = (
    "model",
    "side",
    "version",
    "threads",
    "runs",
    "mean_ms",
    "p50_ms",
    "p90_ms",
    "p99_ms",
    "min_ms",
    "throughput_per_s",
    "cpu_ms",
    "ratio_to_first_side",
    "load_ms",
    "first_result_ms",
    "start_process",
    "peak_memory_bytes",
    "disk_bytes",
)


@dataclass(frozen=True)
class Cell:
    """The sides of one model at one number of threads; the first side is the one the others are compared
    with.
    """

    model: str
    plan: Plan
    results: list[SideResult]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0..1) of the values lie, linear between neighbours. Values may not be
    empty.
    """
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def ratio(side: SideResult, first: SideResult) -> float:
    """How many times the median latency of `first` fits into that of `side`: above 1, `first` is faster.

    The median over the rounds of the ratio of the two medians within a round, so that only runs made within
    the same second are compared.
    """
    pairs = zip(side.rounds, first.rounds, strict=True)
    return statistics.median(statistics.median(a) / statistics.median(b) for a, b in pairs)


def rows(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """One row of COLUMNS for each side of each cell."""
    table: list[dict[str, Any]] = []
    for cell in cells:
        for result in cell.results:
            values = [one / 1e6 for one in result.latencies]
            mean = statistics.fmean(values)
            table.append(
                {
                    "model": cell.model,
                    "side": result.spec.name,
                    "version": result.version,
                    "threads": cell.plan.threads,
                    "runs": len(values),
                    "mean_ms": round(mean, 4),
                    "p50_ms": round(percentile(values, 0.5), 4),
                    "p90_ms": round(percentile(values, 0.9), 4),
                    "p99_ms": round(percentile(values, 0.99), 4),
                    "min_ms": round(min(values), 4),
                    "throughput_per_s": round(1000 / mean, 2),
                    "cpu_ms": round(result.cpu_ns / 1e6 / len(values), 4),
                    "ratio_to_first_side": round(ratio(result, cell.results[0]), 3),
                    "load_ms": round(1000 * statistics.median(result.load_s), 2),
                    "first_result_ms": round(1000 * statistics.median(result.first_s), 2),
                    "start_process": "native" if result.native_start else "python",
                    "peak_memory_bytes": result.peak_bytes,
                    "disk_bytes": result.disk_bytes,
                }
            )
    return table


def to_csv(cells: Sequence[Cell]) -> str:
    """The rows as comma-separated text with a header."""
    text = io.StringIO()
    writer: csv.DictWriter[str] = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(cells))
    return text.getvalue()


def to_json(cells: Sequence[Cell], machine: dict[str, Any]) -> dict[str, Any]:
    """Machine, plan and rows, each row with its latencies by round in microseconds."""
    table = rows(cells)
    results = [result for cell in cells for result in cell.results]
    for row, result in zip(table, results, strict=True):
        row["rounds_us"] = [[round(one / 1000, 1) for one in burst] for burst in result.rounds]
        row["load_ms_all"] = [round(1000 * one, 2) for one in result.load_s]
        row["first_result_ms_all"] = [round(1000 * one, 2) for one in result.first_s]
        row["interpreter_ms"] = round(1000 * statistics.median(result.interpreter_s), 2)
        row["interpreter_memory_bytes"] = result.interpreter_bytes
    plan = cells[0].plan
    return {
        "machine": machine,
        "plan": {
            "warmup": plan.warmup,
            "duration_s": plan.duration,
            "iterations": plan.iterations,
            "burst_s": plan.burst,
            "starts": plan.starts,
        },
        "results": table,
    }


def to_table(cells: Sequence[Cell]) -> Table:
    """The rows for people."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("model", "side", "threads"):
        table.add_column(name, no_wrap=True)
    heads = ("runs", "mean", "p50", "p90", "p99", "per s", "CPU", "ratio", "load", "first", "peak", "disk")
    for name in heads:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows(cells):
        table.add_row(
            row["model"],
            row["side"],
            str(row["threads"]),
            str(row["runs"]),
            *(f"{row[key]:.2f}" for key in ("mean_ms", "p50_ms", "p90_ms", "p99_ms")),
            f"{row['throughput_per_s']:.1f}",
            f"{row['cpu_ms']:.2f}",
            f"{row['ratio_to_first_side']:.2f}",
            f"{row['load_ms']:.0f}",
            f"{row['first_result_ms']:.0f}",
            megabytes(row["peak_memory_bytes"]),
            megabytes(row["disk_bytes"]),
        )
    return table


def interpreter_lines(cells: Sequence[Cell]) -> list[str]:
    """What of the start and the memory of a side is Python's and NumPy's own, one line for each side that has it."""
    lines: dict[str, str] = {}
    for cell in cells:
        for result in cell.results:
            if not result.native_start:
                start = 1000 * statistics.median(result.interpreter_s)
                lines[result.spec.name] = (
                    f"{result.spec.name}: of that, Python and NumPy alone are {start:.0f} ms "
                    f"and {megabytes(result.interpreter_bytes)}"
                )
    return list(lines.values())


def megabytes(count: int) -> str:
    """Bytes as megabytes (10^6) with one decimal."""
    return f"{count / 1e6:.1f} MB"
