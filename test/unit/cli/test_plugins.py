"""`arhat plugins`: the folder it writes builds by itself, and its example finds what it should."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cudnn.emulator import emulator
from trt import standin
from unit.runtime.trt_plugins.plugin_program import one_unit, plugin_objects

from arhat.cli.main import main
from arhat.dialects.trt import PLUGINS


def write(folder: Path, *options: str) -> Path:
    assert main(["plugins", str(folder), *options]) == 0
    return folder


def test_sources_are_complete(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every file that one of them includes is there, and nothing that none does."""
    folder = write(tmp_path / "library")
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert (
        capsys.readouterr().out == f"{folder}: {len(files)} files; README.md says how to build and use them\n"
    )
    included: set[str] = set()
    for name in files:
        texts = re.sub(r"(?s)#ifdef __CUDACC__(.*?)#else.*?#endif", r"\1", (folder / name).read_text())
        for found in re.findall(r'^#include "(.*)"', texts, re.MULTILINE):
            places = (folder / name).parent / found, folder / found
            assert any(place.is_file() for place in places), f"{name} includes {found}"
            included |= {p.resolve().relative_to(folder.resolve()).as_posix() for p in places if p.is_file()}
    assert {name for name in files if name.startswith("arhat/") and name.endswith(".hpp")} <= included
    cmake = (folder / "CMakeLists.txt").read_text()
    assert all(f"\n  {name}" in cmake for name in files if name.endswith(".cu"))
    assert '"80-real;89-real;90"' in cmake


def test_writing_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "library")
    (folder / "mine.txt").write_text("kept")
    (folder / "README.md").write_text("old")
    write(folder, "--arch", "90")
    assert (folder / "mine.txt").read_text() == "kept"
    assert (folder / "README.md").read_text() != "old"
    assert 'CMAKE_CUDA_ARCHITECTURES "90"' in (folder / "CMakeLists.txt").read_text()


def test_folders_of_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("x")
    assert main(["plugins", str(tmp_path / "other")]) == 1
    assert "is not empty and holds no plugins of Arhat" in capsys.readouterr().err
    assert main(["plugins", str(tmp_path / "other" / "file")]) == 1
    assert "is a file, and the library would be a folder" in capsys.readouterr().err
    assert main(["plugins", str(tmp_path / "other" / "file" / "below")]) == 1
    assert "the plugins cannot be written" in capsys.readouterr().err
    assert main(["plugins", str(tmp_path / "new"), "--arch", "70"]) == 1
    assert not (tmp_path / "new").exists()
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["file"]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder, with its library built for the host: it has TensorRT's entry points and needs nothing of TensorRT."""
    if reason := standin.unavailable():
        pytest.skip(reason)
    folder = write(tmp_path_factory.mktemp("plugins") / "library")
    objects = plugin_objects(folder, [folder / "library.cpp"], standin.MAJORS[-1])
    standin.link(objects, folder / "libarhat_plugins.so", standin.MAJORS[-1], [*standin.SANITIZE, "-shared"])
    return folder


def run_example(library: Path, source: str) -> str:
    """What a program prints that is linked with the library."""
    unit = library / f"example_{len(list(library.glob('example_*.cpp')))}.cpp"
    unit.write_text(source)
    major = standin.MAJORS[-1]
    objects = standin.compile_units([unit], standin.includes(library), major, standin.SANITIZE)
    objects.append(library / "libarhat_plugins.so")
    program = unit.with_suffix("")
    standin.link(objects, program, major, standin.SANITIZE)
    done = subprocess.run(
        [program],
        capture_output=True,
        text=True,
        env={"LD_LIBRARY_PATH": str(library), "LIBRARY": str(objects[-1])},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


FOUND = """class 1, score 0.909, box 0.10 0.10 0.40 0.40
class 2, score 0.965, box 0.50 0.50 0.90 0.90
"""
"""One object of each class; the second box of each overlaps the first and is not shown."""


def test_example(library: Path) -> None:
    assert run_example(library, (library / "example" / "ssd_tail.cpp").read_text()) == FOUND


def test_loading_the_library(library: Path) -> None:
    """As `trtexec --dynamicPlugins` does it."""
    text = (library / "example" / "ssd_tail.cpp").read_text()
    call = "initArhatPlugins(&logger, registry)"
    assert text.count(call) == 1
    text = text.replace(call, 'registry->loadLibrary(std::getenv("LIBRARY")) != nullptr')
    assert run_example(library, text) == FOUND


def test_what_goes_wrong_at_the_start(library: Path) -> None:
    """No registry; registering again is no error, other plugins of the same names are."""
    text = """
#include <cstdio>
#include "arhat_plugins.h"
struct Logger : nvinfer1::ILogger {
  void log(Severity, const char* text) noexcept override { std::puts(text); }
} logger;
struct Other : nvinfer1::IPluginCreatorV3One {
  nvinfer1::IPluginV3* createPlugin(const char*, const nvinfer1::PluginFieldCollection*,
                                    nvinfer1::TensorRTPhase) noexcept override { return nullptr; }
  const nvinfer1::PluginFieldCollection* getFieldNames() noexcept override { return nullptr; }
  const char* getPluginName() const noexcept override { return "TopK"; }
  const char* getPluginVersion() const noexcept override { return "1"; }
  const char* getPluginNamespace() const noexcept override { return "arhat"; }
} other;
int main() {
  std::printf("%d\\n", initArhatPlugins(&logger, nullptr));
  std::printf("%d\\n", initArhatPlugins(&logger, getPluginRegistry()));
  std::printf("%d\\n", initArhatPlugins(nullptr, getPluginRegistry()));
  auto* const own = getPluginRegistry()->getCreator("TopK", "1", "arhat");
  getPluginRegistry()->deregisterCreator(*own);
  getPluginRegistry()->registerCreator(other, "arhat");
  std::printf("%d\\n", initArhatPlugins(nullptr, getPluginRegistry()));
}
"""
    lines = run_example(library, text).splitlines()
    assert lines[0] == "initArhatPlugins: there is no registry"
    assert [line for line in lines if len(line) == 1] == ["0", "1", "1", "0"]


def configured(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("cmake") is None or shutil.which("nvcc") is None:
        pytest.skip("cmake or nvcc is not installed")
    command = ["cmake", "-S", str(folder), "-B", str(folder / "build"), *options]
    return subprocess.run(command, capture_output=True, text=True)


def test_cmake(tmp_path: Path) -> None:
    """TensorRT is looked for; what is missing is said. The stand-in's headers take the place of the real ones."""
    folder = write(tmp_path / "library", "--arch", "90")
    done = configured(folder, "-DTENSORRT_ROOT=/nonexistent")
    if done.returncode != 0:  # else TensorRT is installed where CMake looks
        assert "NvInfer.h was not found" in done.stderr
    shutil.rmtree(folder / "build", ignore_errors=True)
    done = configured(folder, f"-DTENSORRT_ROOT={standin.HERE}")
    assert done.returncode == 0, done.stderr
    unit = "arhat/trt/plugins/non_zero.cu.o"
    build = ["cmake", "--build", str(folder / "build"), "--", "-f", "CMakeFiles/arhat_plugins.dir/build.make"]
    done = subprocess.run([*build, f"CMakeFiles/arhat_plugins.dir/{unit}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


ASK = """
import json, sys
import numpy as np
import tensorrt_rtx_bindings as trt

logger = trt.Logger(trt.Logger.ERROR)
registry = trt.get_plugin_registry()
registry.load_library(sys.argv[1])
found = {c.name: [f.name for f in c.field_names] for c in registry.all_creators if c.plugin_namespace == "arhat"}
creator = registry.get_creator("ROIPooling", "1", "arhat")
pooled = trt.PluginField("pooled", np.array([7, 7], np.int32), trt.PluginFieldType.INT32)
scale = trt.PluginField("spatial_scale", np.array([0.0625], np.float32), trt.PluginFieldType.FLOAT32)
method = trt.PluginField("method", b"bilinear", trt.PluginFieldType.CHAR)
fields = trt.PluginFieldCollection([pooled, scale, method])
plugin = creator.create_plugin("pool", fields, trt.TensorRTPhase.BUILD)
core = plugin.get_capability_interface(trt.PluginCapabilityType.CORE)
build = plugin.get_capability_interface(trt.PluginCapabilityType.BUILD)
runtime = plugin.get_capability_interface(trt.PluginCapabilityType.RUNTIME)
wrong = creator.create_plugin("pool", trt.PluginFieldCollection([pooled]), trt.TensorRTPhase.BUILD)
print(json.dumps({
    "fields": found,
    "plugin": [core.plugin_name, core.plugin_version, core.plugin_namespace, build.num_outputs, runtime is not None],
    "wrong": wrong is None,
}))
"""


def test_nvidias_own_registry(tmp_path: Path) -> None:
    """The registry of TensorRT-RTX, which has TensorRT's interface of plugins, takes the library and makes plugins.

    It builds no networks with them: that is all that can be asked of it.
    """
    if importlib.util.find_spec("tensorrt_rtx_bindings") is None:
        pytest.skip("tensorrt_rtx is not installed")
    if reason := standin.unavailable():
        pytest.skip(reason)
    folder = write(tmp_path / "library")
    standin.replace_launches(folder)
    (folder / "all_plugins.cu").write_text(one_unit())
    units = [folder / "all_plugins.cu", folder / "library.cpp"]
    units += [emulator.HERE / name for name in ("sort.cpp", "cudart.cpp")]
    objects = standin.compile_units(units, standin.includes(folder), standin.MAJORS[-1], ["-O0"])
    library = folder / "libarhat_plugins.so"
    link = ["g++", "-shared", "-o", str(library), *map(str, objects), "-lpthread"]
    assert subprocess.run(link, capture_output=True).returncode == 0
    done = subprocess.run([sys.executable, "-c", ASK, str(library)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["fields"].keys() == PLUGINS.keys()
    assert answer["fields"]["ROIPooling"] == ["pooled", "spatial_scale", "method"]
    assert answer["plugin"] == ["ROIPooling", "1", "arhat", 1, True]
    assert answer["wrong"]
    assert "ROIPooling plugin, layer 'pool': field 'spatial_scale' is missing" in done.stdout + done.stderr
