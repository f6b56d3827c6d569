"""The C interface: a C program written against model.h, and what crosses it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tiny_project

from arhat.errors import UserError
from arhat.runtime import BuiltProject, build_project, load

C_PROGRAM = r"""
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "model.h"

#define CHECK(condition) \
  if (!(condition)) { \
    printf("line %d: %s [%s]\n", __LINE__, #condition, arhat_last_error()); \
    return 1; \
  }

static float data[60];
static int offset[3] = {1, 2, 3};

static int run_many(arhat_model* model, int count) {
  float shifted[60], sum[3];
  arhat_tensor inputs[2], outputs[2];
  int i, j;
  inputs[0].data = data;
  inputs[0].bytes = sizeof data;
  inputs[1].data = offset;
  inputs[1].bytes = sizeof offset;
  outputs[0].data = shifted;
  outputs[0].bytes = sizeof shifted;
  outputs[1].data = sum;
  outputs[1].bytes = sizeof sum;
  for (i = 0; i < count; ++i) {
    CHECK(arhat_model_run(model, inputs, 2, outputs, 2) == ARHAT_OK);
    for (j = 0; j < 20; ++j) CHECK(shifted[j] == data[j] * 0.5f + 1);
  }
  return 0;
}

static void* thread_main(void* model) { return run_many((arhat_model*)model, 2000) == 0 ? NULL : model; }

static int stop_at_first(void* user, size_t index, const arhat_tensor_info* info, const void* values) {
  (void)index;
  (void)info;
  (void)values;
  ++*(int*)user;
  return 1;
}

int main(int argc, char** argv) {
  arhat_model* model = NULL;
  arhat_model* second = NULL;
  arhat_model_info info;
  arhat_tensor_info tensor;
  arhat_profile_row row;
  arhat_options options = {0};
  arhat_tensor buffers[2];
  float shifted[60], sum[3];
  pthread_t threads[4];
  void* failed;
  int i, seen = 0;
  CHECK(argc == 4);
  options.isa = "no such set";
  for (i = 0; i < 60; ++i) data[i] = (float)i;

  CHECK(arhat_model_create(NULL, NULL, &model) == ARHAT_INVALID_ARGUMENT);
  CHECK(arhat_model_create(argv[1], NULL, NULL) == ARHAT_INVALID_ARGUMENT);
  CHECK(arhat_model_create(argv[1], &options, &model) == ARHAT_UNSUPPORTED && model == NULL);
  CHECK(strstr(arhat_last_error(), "'no such set' is not built in; there is") != NULL);
  options.isa = NULL;
  options.threads = -1;
  CHECK(arhat_model_create(argv[1], &options, &model) == ARHAT_INVALID_ARGUMENT);
  options.threads = 2;
  CHECK(arhat_model_create("/no/such/file", &options, &model) == ARHAT_IO_ERROR);
  CHECK(arhat_model_create(argv[2], &options, &model) == ARHAT_WRONG_WEIGHTS && model == NULL);
  CHECK(arhat_model_create(argv[3], &options, &model) == ARHAT_WRONG_WEIGHTS && model == NULL);
  CHECK(arhat_model_create("/", &options, &model) == ARHAT_IO_ERROR);

  CHECK(arhat_model_create(argv[1], &options, &model) == ARHAT_OK);
  CHECK(arhat_model_create(argv[1], NULL, &second) == ARHAT_OK);
  CHECK(arhat_model_get_info(model, &info) == ARHAT_OK);
  CHECK(strcmp(info.name, "tiny-1") == 0 && info.threads == 2 && info.inputs == 2 && info.outputs == 2);
  CHECK(info.operations == 2 && info.values == 2);
  CHECK(arhat_model_get_info(NULL, &info) == ARHAT_INVALID_ARGUMENT);
  CHECK(arhat_model_input(model, 1, &tensor) == ARHAT_OK);
  CHECK(strcmp(tensor.name, "offset") == 0 && tensor.type == ARHAT_I32 && tensor.rank == 1 && tensor.dims[0] == 3);
  CHECK(tensor.bytes == 12);
  CHECK(arhat_model_input(model, 2, &tensor) == ARHAT_INVALID_ARGUMENT);
  CHECK(arhat_model_output(model, 2, &tensor) == ARHAT_INVALID_ARGUMENT);
  CHECK(arhat_model_value(model, 2, &tensor) == ARHAT_INVALID_ARGUMENT);
  CHECK(arhat_model_value(model, 0, &tensor) == ARHAT_OK && strcmp(tensor.name, "conv\nbn") == 0);

  buffers[0].data = data;
  buffers[0].bytes = sizeof data;
  buffers[1].data = offset;
  buffers[1].bytes = sizeof offset;
  CHECK(arhat_model_run(model, buffers, 1, buffers, 2) == ARHAT_INVALID_ARGUMENT);
  CHECK(arhat_model_run(model, NULL, 2, buffers, 2) == ARHAT_INVALID_ARGUMENT);
  CHECK(arhat_model_run(NULL, buffers, 2, buffers, 2) == ARHAT_INVALID_ARGUMENT);
  buffers[1].bytes = 8;
  CHECK(arhat_model_run(model, buffers, 2, buffers, 2) == ARHAT_INVALID_ARGUMENT);
  CHECK(strcmp(arhat_last_error(), "input 'offset' wants 12 bytes, got 8") == 0);
  buffers[1].bytes = 12;
  buffers[0].data = (char*)data + 1;
  CHECK(arhat_model_run(model, buffers, 2, buffers, 2) == ARHAT_INVALID_ARGUMENT);
  buffers[0].data = NULL;
  CHECK(arhat_model_run(model, buffers, 2, buffers, 2) == ARHAT_INVALID_ARGUMENT);
  buffers[0].data = data;

  CHECK(arhat_model_profile_enable(model, 1) == ARHAT_OK);
  for (i = 0; i < 2; ++i) CHECK(pthread_create(&threads[i], NULL, thread_main, model) == 0);
  for (i = 2; i < 4; ++i) CHECK(pthread_create(&threads[i], NULL, thread_main, second) == 0);
  for (i = 0; i < 4; ++i) CHECK(pthread_join(threads[i], &failed) == 0 && failed == NULL);
  CHECK(arhat_model_profile_row(model, 1, &row) == ARHAT_OK);
  CHECK(row.runs == 4000 && row.total_ns >= row.min_ns && strcmp(row.layers, "sum/a=b") == 0 && row.flops == 120);
  CHECK(arhat_model_profile_row(second, 1, &row) == ARHAT_OK && row.runs == 0 && row.min_ns == 0);
  CHECK(arhat_model_profile_row(model, 2, &row) == ARHAT_INVALID_ARGUMENT);

  {
    arhat_tensor outputs[2];
    outputs[0].data = shifted;
    outputs[0].bytes = sizeof shifted;
    outputs[1].data = sum;
    outputs[1].bytes = sizeof sum;
    CHECK(arhat_model_watch(model, buffers, 2, outputs, 2, stop_at_first, &seen) == ARHAT_STOPPED && seen == 1);
    CHECK(arhat_model_watch(model, buffers, 2, outputs, 2, NULL, NULL) == ARHAT_INVALID_ARGUMENT);
  }
  arhat_model_destroy(model);
  arhat_model_destroy(second);
  arhat_model_destroy(NULL);
  puts("fine");
  return 0;
}
"""


def wrong_weights(tiny: Path, folder: Path) -> tuple[Path, Path]:
    """A truncated file, and one of the same size with another header."""
    good = (tiny / "weights.safetensors").read_bytes()
    (folder / "short").write_bytes(good[:-1])
    (folder / "other").write_bytes(good.replace(b"scale", b"shift"))
    return folder / "short", folder / "other"


def compile_c(project: Path, built: BuiltProject, source: str, folder: Path, *flags: str) -> Path:
    (folder / "use.c").write_text(source)
    program = folder / "use"
    command = [
        "cc",
        "-std=c89",
        "-pedantic",
        "-Wall",
        "-Wextra",
        "-Werror",
        f"-I{project}",
        *flags,
        "-o",
        program,
    ]
    libraries = [built.library, f"-Wl,-rpath,{built.folder}", "-lpthread"]
    subprocess.run([*command, folder / "use.c", *libraries], check=True)
    return program


def test_c_program(tiny: Path, tmp_path: Path) -> None:
    program = compile_c(tiny, build_project(tiny, werror=True, compiler="g++"), C_PROGRAM, tmp_path)
    short, other = wrong_weights(tiny, tmp_path)
    result = subprocess.run(
        [program, tiny / "weights.safetensors", short, other], capture_output=True, text=True, timeout=60
    )
    assert (result.returncode, result.stdout) == (0, "fine\n")


def test_c_program_under_sanitizers(sanitized: BuiltProject, tmp_path: Path) -> None:
    project = sanitized.folder.parent
    compiler = shutil.which("clang++") or "g++"
    (tmp_path / "use.c").write_text(C_PROGRAM)
    program = tmp_path / "use"
    command = [
        compiler,
        "-fsanitize=address,undefined",
        f"-I{project}",
        "-o",
        program,
        "-x",
        "c",
        tmp_path / "use.c",
    ]
    libraries = ["-x", "none", sanitized.library, f"-Wl,-rpath,{sanitized.folder}", "-lpthread"]
    linked = subprocess.run([*command, *libraries], capture_output=True, text=True)
    assert linked.returncode == 0, linked.stderr
    short, other = wrong_weights(project, tmp_path)
    result = subprocess.run(
        [program, project / "weights.safetensors", short, other], capture_output=True, text=True, timeout=60
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "fine\n", "")


def test_only_the_interface_is_exported(tiny: Path) -> None:
    library = build_project(tiny, werror=True, compiler="g++").library
    listing = subprocess.run(
        ["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True
    )
    names = {line.split()[-1] for line in listing.stdout.splitlines()}
    assert "arhat_model_create" in names
    assert all(name.startswith("arhat_") for name in names)


def test_two_models_in_one_program(tiny: Path, tmp_path: Path) -> None:
    """The second has a prefix of its own; they are used from one program through two source files."""
    other = tiny_project.write_image_project(tmp_path / "other", planar=True)
    configure = ["cmake", "-S", other, "-B", other / "build", "-DARHAT_PREFIX=second", "-DARHAT_NATIVE=ON"]
    subprocess.run(configure, check=True, capture_output=True)
    subprocess.run(
        ["cmake", "--build", other / "build", "--target", "image"], check=True, capture_output=True
    )
    (tmp_path / "name.c").write_text(
        "#define ARHAT_PREFIX second\n"
        '#include "model.h"\n'
        "const char* second_name(const char* weights);\n"
        "const char* second_name(const char* weights) {\n"
        "  arhat_model* model;\n"
        "  arhat_model_info info;\n"
        "  if (arhat_model_create(weights, NULL, &model) != ARHAT_OK) return arhat_last_error();\n"
        "  arhat_model_get_info(model, &info);\n"
        "  arhat_model_destroy(model);\n"
        "  return info.name;\n"
        "}\n"
    )
    (tmp_path / "use.c").write_text(
        "#include <stdio.h>\n"
        '#include "model.h"\n'
        "const char* second_name(const char* weights);\n"
        "int main(int argc, char** argv) {\n"
        "  arhat_model* model;\n"
        "  arhat_model_info info;\n"
        "  if (argc != 3 || arhat_model_create(argv[1], NULL, &model) != ARHAT_OK) return 1;\n"
        "  arhat_model_get_info(model, &info);\n"
        '  printf("%s %s\\n", info.name, second_name(argv[2]));\n'
        "  arhat_model_destroy(model);\n"
        "  return 0;\n"
        "}\n"
    )
    first = build_project(tiny, werror=True, compiler="g++")
    program = tmp_path / "use"
    paths = [f"-Wl,-rpath,{first.folder}", f"-Wl,-rpath,{other / 'build'}"]
    libraries = [first.library, other / "build" / "libimage.so"]
    sources = [tmp_path / "use.c", tmp_path / "name.c"]
    subprocess.run(["cc", "-Werror", f"-I{tiny}", *sources, *libraries, *paths, "-o", program], check=True)
    weights = [tiny / "weights.safetensors", other / "weights.safetensors"]
    result = subprocess.run([program, *weights], capture_output=True, text=True, check=True)
    assert result.stdout == "tiny-1 image\n"


@pytest.mark.parametrize("isa", ["avx512", "avx2", "baseline"])
def test_instruction_sets(tiny: Path, isa: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each set that the processor has gives the results; the others say so. The environment's choice is heeded."""
    flags = Path("/proc/cpuinfo").read_text().split()
    monkeypatch.setenv("ARHAT_ISA", isa)
    if isa != "baseline" and {"avx512": "avx512vl", "avx2": "avx2"}[isa] not in flags:
        with pytest.raises(UserError, match=f"'{isa}'"):
            load(tiny, build=False)
        return
    inputs = tiny_project.inputs()
    with load(tiny, build=False) as model:
        assert model.isa == isa
        outputs = model(inputs)
    for name, value in tiny_project.expected(**inputs).items():
        np.testing.assert_allclose(outputs[name], value, rtol=1e-5, atol=1e-5)


def test_threads_default_to_the_affinity(tiny: Path) -> None:
    core = min(os.sched_getaffinity(0))
    runner = build_project(tiny, werror=True, compiler="g++").runner
    command = ["taskset", "-c", str(core), runner, "--bench", "--iterations", "1", "--json"]
    if shutil.which("taskset") is None:
        pytest.skip("needs taskset")
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert '"threads": 1' in result.stdout
