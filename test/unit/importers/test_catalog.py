"""Every operator of opsets 1 to 8 is imported or is on the list of those that are not."""

from __future__ import annotations

import openvino as ov
import pytest

from arhat.importers.openvino import import_openvino, left_out
from arhat.importers.openvino.registry import catalog

_ = import_openvino  # registers the converters

ALIASES = {
    "absolute": "abs",
    "ceil": "ceiling",
    "constant": "const",
    "ifop": "if",
}
"""Functions of the openvino package that are called differently from the operators that they make."""
DETECTRON = (
    "ExperimentalDetectronDetectionOutput",
    "ExperimentalDetectronGenerateProposalsSingleImage",
    "ExperimentalDetectronPriorGridGenerator",
    "ExperimentalDetectronROIFeatureExtractor",
    "ExperimentalDetectronTopKROIs",
)
"""Operators of opset 6 that the openvino package has no functions for."""


def specified() -> set[str]:
    """Operator types of opsets 1 to 8, in lower case."""
    names = {name.lower() for name in (*DETECTRON, "SoftMax", "Swish")}
    for opset in range(1, 9):
        for name in dir(getattr(ov, f"opset{opset}")):
            if not name.startswith("_") and name != "ops":
                plain = name.replace("_", "")
                names.add(ALIASES.get(plain, plain))
    return names


def test_no_operator_is_forgotten() -> None:
    imported = {type.lower() for type in catalog()} | {type.lower() for type, _, _ in left_out.ENDS}
    refused = {type.lower() for type, _, _ in left_out.LEFT_OUT}
    assert specified() - imported - refused == set()
    assert imported & refused == set(), "it is imported by now"


@pytest.mark.parametrize("type", [type for type, _, _ in left_out.LEFT_OUT])
def test_reasons_are_given(type: str) -> None:
    (entry,) = [entry for entry in left_out.LEFT_OUT if entry[0] == type]
    assert entry[1].isdecimal() and len(entry[2]) > 10
