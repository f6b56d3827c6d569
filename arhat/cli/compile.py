"""`arhat compile`: a model file to a folder with a program."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from arhat.bench.machine import usable_cpus
from arhat.bench.report import megabytes
from arhat.cli.progress import Progress
from arhat.errors import escape
from arhat.options import CompileOptions


def jobs_for(jobs: int) -> int:
    """The number of compilers to run at a time; 0 means one for each core that this process may use."""
    return jobs or usable_cpus()


def compile_to_folder(
    model: Path,
    output: Path,
    target: str,
    options: CompileOptions,
    dump_phases: Path | None,
    build: bool,
    native: bool,
    jobs: int,
) -> str:
    """Compile `model` to `output`, build it if asked to, and give back a summary in a few lines.

    `native` builds for this machine's instruction set only, which takes a third of the time.

    Raises UserError for everything that is wrong with the model or the folder; nothing is written then.
    """
    from arhat.compiler import check_target, import_model, lower, write_project

    check_target(target)
    progress = Progress()
    with progress.step("import"):
        module = import_model(model, options)
    with progress.step("lower"):
        lower(module, target, options, dump_phases=dump_phases)
    with progress.step("write"):
        write_project(module, output, target, options)
    if build:
        from arhat.runtime import build_project

        with progress.step("build"):
            build_project(output, jobs=jobs_for(jobs), native=native)
    return "\n".join([*project_summary(output), progress.summary()])


def project_summary(folder: Path) -> list[str]:
    """Inputs, outputs and sizes of a project, from its manifest."""
    from arhat.runtime.build import read_manifest

    manifest = read_manifest(folder)

    def ends(key: str) -> str:
        parts: list[str] = []
        for end in cast("list[dict[str, Any]]", manifest[key]):
            parts.append(f"{escape(str(end['name']))} {end['type']}{end['shape']}")
        return ", ".join(parts)

    source = sum((folder / file).stat().st_size for file in manifest["files"] if file.startswith("model.c"))
    return [
        f"{escape(str(manifest['name']))}: {ends('inputs')} -> {ends('outputs')}",
        f"{folder}: {len(manifest['ops'])} operations, weights {megabytes(manifest['weight_bytes'])}, "
        f"working memory {megabytes(manifest['arena_bytes'])}, program {source / 1000:.0f} kB of C++",
    ]
