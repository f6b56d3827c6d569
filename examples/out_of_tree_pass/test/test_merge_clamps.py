"""The pass changes no result: the module is run before and after it."""

import numpy as np
import pytest
from arhat_merge_clamps.merge_clamps import MergeClampsPass
from xdsl.parser import Parser

from arhat.driver.registry import make_context
from arhat.driver.verify import verify_module
from arhat.interpreters import evaluate
from arhat.weights import clone_module

MODULE = """
func.func @main(%x: tensor<1000xf32> {{arhat.name = "x"}}) -> (tensor<1000xf32> {{arhat.name = "y"}}) {{
  %a = arhat.relu(%x) : (tensor<1000xf32>) -> tensor<1000xf32>
  %b = arhat.clamp(%a) {{min = {}, max = {}}} : (tensor<1000xf32>) -> tensor<1000xf32>
  %y = arhat.clamp(%b) {{min = {}, max = {}}} : (tensor<1000xf32>) -> tensor<1000xf32>
  func.return %y : tensor<1000xf32>
}}
"""


@pytest.mark.parametrize("bounds", [(-1.0, 4.0, 0.0, 6.0), (-4.0, -3.0, 1.0, 2.0), (5.0, 6.0, -2.0, -1.0)])
@pytest.mark.parametrize("relu", [False, True])
def test_results_stay(bounds: tuple[float, ...], relu: bool) -> None:
    """For bounds that overlap and bounds that do not."""
    context = make_context()
    module = Parser(context, MODULE.format(*bounds)).parse_module()
    before = clone_module(module)
    MergeClampsPass(relu=relu).apply(context, module)
    verify_module(module)
    assert len(list(module.walk())) < len(list(before.walk()))

    inputs = {"x": np.random.default_rng(1).uniform(-10, 10, 1000).astype(np.float32)}
    np.testing.assert_array_equal(evaluate(module, inputs)["y"], evaluate(before, inputs)["y"])
