"""Einsum: sums of products over named axes, as transpositions, matrix products and sums."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import SSAValue

from arhat.dialects.arhat import movement
from arhat.dialects.arhat.base import element_of, is_float, shape_of
from arhat.dialects.arhat.elementwise import MultiplyOp
from arhat.dialects.arhat.nn import MatmulOp
from arhat.dialects.arhat.reduction import ReduceSumOp
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.registry import converter

MAX_EQUATION = 1 << 10
"""Characters of an equation; a real one has a dozen."""


@dataclass
class _Term:
    """A tensor and the label of each of its axes; no label occurs twice."""

    value: SSAValue
    labels: list[str]

    @property
    def sizes(self) -> dict[str, int]:
        """The size of each labelled axis."""
        return dict(zip(self.labels, shape_of(self.value), strict=True))


@converter("Einsum", 7)
def einsum(node: Node) -> SSAValue:
    """Operands are joined from left to right; an axis that is needed no more is summed over at once.

    A label that occurs twice in a term stands for its diagonal. The axes of an ellipsis have labels of their own,
    aligned at the last one; an operand whose axis is of size 1 there goes without the label. Source: Einsum-7.
    """
    node.expect_inputs(1, 64)
    text = (node.text("equation") or "").replace(" ", "")
    if len(text) > MAX_EQUATION:
        raise node.error(f"the equation has {len(text)} characters; at most {MAX_EQUATION} are supported")
    terms, output = _parse(node, text)
    for position, term in enumerate(terms):
        later = {label for other in terms[position + 1 :] for label in other.labels}
        terms[position] = _summed(node, term, later.union(output, *(t.labels for t in terms[:position])))
    result = terms[0]
    for position, term in enumerate(terms[1:], 1):
        later = {label for other in terms[position + 1 :] for label in other.labels}
        result = _joined(node, result, term, later.union(output))
    perm = [result.labels.index(label) for label in output]
    return node.build(movement.TransposeOp, [result.value], {"perm": perm})


def _parse(node: Node, text: str) -> tuple[list[_Term], list[str]]:
    """The terms with distinct labels, and the labels of the result."""
    left, arrow, right = text.partition("->")
    subscripts = left.split(",")
    for part in (*subscripts, right):
        if not part.replace("...", "", 1).isalpha() and part.replace("...", "", 1):
            raise node.error("the equation is not made of letters, commas and '->'; export the model again")
    if len(subscripts) != node.input_count:
        raise node.error(
            f"the equation has {len(subscripts)} operands, but the layer {node.input_count} inputs; check the model"
        )
    extra = [len(node.shape(i)) - len(s.replace("...", "")) for i, s in enumerate(subscripts)]
    for i, part in enumerate(subscripts):
        if extra[i] < 0 or (extra[i] and "..." not in part):
            raise node.error(f"input {i} {list(node.shape(i))} does not fit the equation; check the model")
    hidden = [f".{i}" for i in reversed(range(max(extra)))]
    terms = [_term(node, node.input(i), _labels(part, hidden, extra[i])) for i, part in enumerate(subscripts)]
    sizes: dict[str, int] = {}
    for term in terms:
        for label, size in term.sizes.items():
            sizes[label] = size if sizes.get(label, 1) == 1 else sizes[label]
    terms = [_without_ones(node, term, sizes) for term in terms]
    for term in terms:
        if any(sizes[label] != size for label, size in term.sizes.items()):
            raise node.error("axes with one label differ in size; check the model")
    if arrow:
        output = _labels(right, hidden, len(hidden))
    else:
        seen = Counter("".join(subscripts).replace(".", ""))
        output = [*hidden, *sorted(label for label, count in seen.items() if count == 1)]
    if len(set(output)) != len(output) or any(label not in sizes for label in output):
        raise node.error("the result's labels repeat or stand for no input; check the model")
    return terms, output


def _labels(part: str, hidden: Sequence[str], extra: int) -> list[str]:
    before, dots, after = part.partition("...")
    return [*before, *(hidden[len(hidden) - extra :] if dots else []), *after]


def _term(node: Node, value: SSAValue, labels: list[str]) -> _Term:
    """A term of distinct labels: of axes with one label the diagonal is taken."""
    while len(set(labels)) < len(labels):
        label = next(label for label in labels if labels.count(label) > 1)
        first, second = [i for i, other in enumerate(labels) if other == label][:2]
        rest = [i for i in range(len(labels)) if i not in (first, second)]
        value = node.build(movement.TransposeOp, [value], {"perm": [*rest, first, second]})
        *outer, size, other = shape_of(value)
        if size != other:
            raise node.error("axes with one label differ in size; check the model")
        value = _reshaped(node, value, [*outer, size * size])
        value = node.build(
            movement.SliceOp,
            [value],
            {
                "starts": [0] * (len(outer) + 1),
                "sizes": [*outer, size],
                "steps": [*[1] * len(outer), size + 1],
            },
        )
        labels = [*(labels[i] for i in rest), label]
    return _Term(value, labels)


def _without_ones(node: Node, term: _Term, sizes: dict[str, int]) -> _Term:
    """The term without axes of size 1 that are repeated to the size of another term's."""
    kept = [label for label in term.labels if not (label[0] == "." and term.sizes[label] < sizes[label])]
    if kept == term.labels:
        return term
    return _Term(_reshaped(node, term.value, [term.sizes[label] for label in kept]), kept)


def _reshaped(node: Node, value: SSAValue, shape: Sequence[int]) -> SSAValue:
    return node.build(movement.ReshapeOp, [value], {"shape": tuple(shape)})


def _summed(node: Node, term: _Term, needed: set[str]) -> _Term:
    """The term summed over all labels that nothing else needs."""
    axes = [axis for axis, label in enumerate(term.labels) if label not in needed]
    if not axes:
        return term
    value = node.build(ReduceSumOp, [term.value], {"axes": axes, "keep_dims": False})
    return _Term(value, [label for label in term.labels if label in needed])


def _joined(node: Node, a: _Term, b: _Term, needed: set[str]) -> _Term:
    """The product of two terms, summed over the labels that both have and nothing else needs."""
    shared = [label for label in a.labels if label in b.labels]
    batch = [label for label in shared if label in needed]
    summed = [label for label in shared if label not in needed]
    rows = [label for label in a.labels if label not in shared]
    columns = [label for label in b.labels if label not in shared]
    sizes = {**a.sizes, **b.sizes}

    def arranged(term: _Term, *groups: Sequence[str]) -> SSAValue:
        order = [term.labels.index(label) for group in groups for label in group]
        value = node.build(movement.TransposeOp, [term.value], {"perm": order})
        return _reshaped(node, value, [math.prod(sizes[label] for label in group) for group in groups])

    left, right = arranged(a, batch, rows, summed), arranged(b, batch, columns, summed)
    if is_float(element_of(left)) and summed:
        value = node.build(MatmulOp, [left, right], {"transpose_a": False, "transpose_b": True})
    else:
        count, m, k = shape_of(left)
        n = shape_of(right)[1]
        left, right = _reshaped(node, left, [count, m, 1, k]), _reshaped(node, right, [count, 1, n, k])
        value = node.build(MultiplyOp, [left, right])
        value = node.build(ReduceSumOp, [value], {"axes": [3], "keep_dims": False})
    labels = [*batch, *rows, *columns]
    return _Term(_reshaped(node, value, [sizes[label] for label in labels]), labels)
