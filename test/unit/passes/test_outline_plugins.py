"""outline-plugins: plugins keep all that kernels say, and mean the same."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pytest
from unit.passes.networks import run
from unit.runtime.trt_plugins.plugin_cases import PLUGIN_CASES
from xdsl.dialects import func
from xdsl.dialects.builtin import FunctionType, ModuleOp
from xdsl.ir import Block, Region
from xdsl.parser import Parser

from arhat.dialects.trt import PLUGIN_NAMES, PLUGINS, PluginOp, kernel_op_of
from arhat.driver.registry import make_context
from arhat.interpreters import evaluate_op
from arhat.passes.outline_plugins import OutlinePluginsPass

FIRST = {type(case.op): case for case in reversed(PLUGIN_CASES)}


def test_every_plugin_has_a_case() -> None:
    assert FIRST.keys() == set(PLUGINS.values())


@pytest.mark.parametrize("kind", FIRST, ids=lambda kind: PLUGIN_NAMES[kind])
def test_plugins_are_their_kernels(kind: type) -> None:
    case = FIRST[kind]
    op = case.op.clone()
    block = Block(arg_types=[value.type for value in case.op.operands])
    for number, argument in enumerate(block.args):
        op.operands[number] = argument
    block.add_ops([op, func.ReturnOp(*op.results)])
    types = FunctionType.from_lists([a.type for a in block.args], [r.type for r in op.results])
    module = ModuleOp([func.FuncOp("main", types, Region(block))])
    run("outline-plugins", module)
    plugin, _ = block.ops
    assert isinstance(plugin, PluginOp)
    again = kernel_op_of(plugin)
    assert type(again) is kind
    for name, value in case.op.properties.items():
        if name != "scratch_bytes":
            assert plugin.fields.data[name] == value == again.properties[name]
    operands = case.operands(0)
    for ours, theirs in zip(evaluate_op(plugin, operands), evaluate_op(case.op, operands), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_example_of_the_documentation() -> None:
    before, after = re.findall(
        r"```mlir\n(.*?)```", inspect.cleandoc(OutlinePluginsPass.__doc__ or ""), re.DOTALL
    )
    module, expected = (Parser(make_context(), text).parse_module() for text in (before, after))
    assert str(module) != str(expected)
    run("outline-plugins", module)
    for one in (module, expected):
        for op in one.walk():
            for result in op.results:
                result.name_hint = None
    assert str(module) == str(expected)
