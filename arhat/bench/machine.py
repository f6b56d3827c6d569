"""The machine a measurement was made on, in words and numbers."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

# Instruction sets that matter to a program here, as /proc/cpuinfo names them.
SETS = (
    *("sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512vl", "avx512_vnni"),
    *("avx512_bf16", "avx_vnni", "amx_tile", "amx_bf16", "asimd", "sve", "bf16", "i8mm"),
)


def cpu_model() -> str:
    """The processor's own name, or the machine type where the system gives none."""
    for key in ("model name", "Model", "Hardware"):
        for line in _cpuinfo():
            name, colon, value = line.partition(":")
            if colon and name.strip() == key:
                return value.strip()
    return platform.machine() or "unknown"


def instruction_sets() -> list[str]:
    """Those of SETS that the processor has, in that order."""
    for line in _cpuinfo():
        name, colon, value = line.partition(":")
        if colon and name.strip() in ("flags", "Features"):
            flags = set(value.split())
            return [one for one in SETS if one in flags]
    return []


def memory_bytes() -> int:
    """Physical memory, 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 0


def usable_cpus() -> int:
    """Processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def version_of(package: str) -> str | None:
    """The installed version of a Python package, None where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def describe() -> dict[str, Any]:
    """What a reader needs to judge a number: processor, sets, cores, memory, load, system, Python."""
    return {
        "cpu": cpu_model(),
        "instruction_sets": instruction_sets(),
        "cpus": os.cpu_count() or 1,
        "usable_cpus": usable_cpus(),
        "memory_bytes": memory_bytes(),
        "load_1min": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.release()}",
        "python": sys.version.split()[0],
    }


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
