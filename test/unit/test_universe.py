"""The registry: complete, free of clashes, and seen by xDSL's own tool."""

import subprocess
import sys
from importlib import import_module
from inspect import isclass
from pathlib import Path

from xdsl.passes import ModulePass

import arhat.passes
from arhat.driver.registry import load_universe
from arhat.universe import ARHAT_UNIVERSE


def test_every_entry_loads_under_its_name() -> None:
    for name, factory in ARHAT_UNIVERSE.all_passes.items():
        assert factory().name == name
    for name, factory in ARHAT_UNIVERSE.all_dialects.items():
        assert factory().name == name


def test_every_pass_is_registered() -> None:
    (folder,) = arhat.passes.__path__
    modules = [import_module(f"arhat.passes.{path.stem}") for path in Path(folder).glob("*.py")]
    passes = {
        value.name
        for module in modules
        for value in vars(module).values()
        if isclass(value) and issubclass(value, ModulePass) and value.__module__ == module.__name__
    }
    assert passes == set(ARHAT_UNIVERSE.all_passes)


def test_names_do_not_clash_with_those_of_others() -> None:
    universe = load_universe()  # refuses clashes
    assert ARHAT_UNIVERSE.all_passes.keys() <= universe.all_passes.keys()
    assert ARHAT_UNIVERSE.all_dialects.keys() <= universe.all_dialects.keys()


def test_a_stock_xdsl_opt_sees_it() -> None:
    text = "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {\n  func.return %x : tensor<4xf32>\n}\n"
    done = subprocess.run(
        [Path(sys.executable).with_name("xdsl-opt"), "-p", "fuse-bias,fold-constants{growth=2.0}"],
        input=text.replace(
            "func.return", "%y = arhat.relu(%x) : (tensor<4xf32>) -> tensor<4xf32>\n  func.return"
        ),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "%y = arhat.relu(%x)" in done.stdout
