"""Graphs as SVG and HTML: layered from top to bottom, no tool and no script needed."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field

from arhat.cli.graph import Graph, Node
from arhat.errors import escape

CHARACTER = 6.3  # width of a character at the size of the labels
LINE = 14.0
GAP_X, GAP_Y = 22.0, 34.0
LONGEST = 34  # characters of a name before it is cut in the picture; the tooltip has all of it

FILLS = {
    "conv": "#cfe2ff",
    "matmul": "#cfe2ff",
    "pool": "#d1e7dd",
    "element": "#fff3cd",
    "move": "#e9ecef",
    "tail": "#f8d7da",
    "end": "#ffffff",
}
_TAILS = ("detection", "prior", "region", "nms", "proposal", "top_k")
_MOVES = ("reshape", "transpose", "concat", "slice", "gather", "pad", "view", "reorder", "tile", "broadcast")


@dataclass
class _Place:
    node: Node | None  # None: an edge passes through here
    width: float
    above: list[int] = field(default_factory=list[int])
    below: list[int] = field(default_factory=list[int])
    rank: int = 0
    x: float = 0.0


def safe(text: str) -> str:
    """Text of a model made safe inside HTML and SVG: markup and control characters escaped."""
    shown = "".join(char if char.isprintable() else escape(char) for char in text)
    return html.escape(shown)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 13]}...{text[-10:]}"


def _lines(node: Node) -> list[str]:
    title = node.op.partition(".")[2] or node.op
    shape = (node.outputs or node.inputs or ("",))[0]
    return [line for line in (title, _cut(node.layer), shape) if line]


def _fill(node: Node) -> str:
    if node.op in ("input", "output"):
        return FILLS["end"]
    for words, kind in ((("conv",), "conv"), (("matmul",), "matmul"), (("pool", "reduce"), "pool")):
        if any(word in node.op for word in words):
            return FILLS[kind]
    if any(word in node.op for word in _TAILS):
        return FILLS["tail"]
    return FILLS["move" if any(word in node.op for word in _MOVES) else "element"]


def _places(nodes: Sequence[Node]) -> list[_Place]:
    """Every node and every rank that an edge passes, ranked by the longest way from the top."""
    places: list[_Place] = []
    for node in nodes:
        width = max(len(line) for line in _lines(node)) * CHARACTER + 14
        rank = max((places[source].rank + 1 for source in node.sources), default=0)
        places.append(_Place(node, width, rank=rank))
    # What hangs on no input of the model (priors, say) stands right above what uses it, not at the very top.
    users: list[list[int]] = [[] for _ in nodes]
    fed = [node.op == "input" for node in nodes]
    for index, node in enumerate(nodes):
        for source in node.sources:
            users[source].append(index)
            fed[index] = fed[index] or fed[source]
    for index in reversed(range(len(nodes))):
        if users[index] and (not fed[index] or nodes[index].op == "input"):
            places[index].rank = min(places[user].rank for user in users[index]) - 1
    for index, node in enumerate(nodes):
        for source in node.sources:
            upper = source
            for rank in range(places[source].rank + 1, places[index].rank):
                places.append(_Place(None, 2.0, [upper], rank=rank))
                places[upper].below.append(len(places) - 1)
                upper = len(places) - 1
            places[upper].below.append(index)
            places[index].above.append(upper)
    return places


def _arrange(places: list[_Place]) -> list[list[int]]:
    """Order within the ranks by the mean place of neighbours, then x so that chains stand upright."""
    ranks: list[list[int]] = [[] for _ in range(max((p.rank for p in places), default=0) + 1)]
    for index, place in enumerate(places):
        ranks[place.rank].append(index)
    position = {index: float(i) for rank in ranks for i, index in enumerate(rank)}

    def mean(neighbours: list[int], fallback: float) -> float:
        return sum(position[n] for n in neighbours) / len(neighbours) if neighbours else fallback

    for sweep in range(6):
        downward = sweep % 2 == 0
        for rank in ranks if downward else reversed(ranks):
            rank.sort(key=lambda i: mean(places[i].above if downward else places[i].below, position[i]))
            for i, index in enumerate(rank):
                position[index] = float(i)
    for rank in ranks:
        x = 0.0
        for index in rank:
            places[index].x = x + places[index].width / 2
            x += places[index].width + GAP_X
    for sweep in range(8):
        downward = sweep % 2 == 0
        for rank in ranks if downward else reversed(ranks):
            _settle(places, rank, downward)
    return ranks


def _settle(places: list[_Place], rank: list[int], downward: bool) -> None:
    """Move one rank's places towards their neighbours; they keep their order and their distance."""
    wanted: list[float] = []
    for index in rank:
        place = places[index]
        near = place.above if downward else place.below
        wanted.append(sum(places[n].x for n in near) / len(near) if near else place.x)
    # Groups of places that touch move together to the mean of what they want.
    groups: list[tuple[list[int], list[float], list[float]]] = []  # members, offsets from the first, wants
    for index, want in zip(rank, wanted, strict=True):
        groups.append(([index], [0.0], [want]))
        while len(groups) > 1 and _left(groups[-1]) < _left(groups[-2]) + _span(
            places, groups[-2], groups[-1]
        ):
            members, offsets, wants = groups.pop()
            step = _span(places, groups[-1], (members, offsets, wants))
            groups[-1][0].extend(members)
            groups[-1][1].extend(step + offset for offset in offsets)
            groups[-1][2].extend(wants)
    for members, offsets, wants in groups:
        left = _left((members, offsets, wants))
        for member, offset in zip(members, offsets, strict=True):
            places[member].x = left + offset


def _left(group: tuple[list[int], list[float], list[float]]) -> float:
    _, offsets, wants = group
    return sum(want - offset for want, offset in zip(wants, offsets, strict=True)) / len(wants)


def _span(
    places: list[_Place],
    left: tuple[list[int], list[float], list[float]],
    right: tuple[list[int], list[float], list[float]],
) -> float:
    last, first = places[left[0][-1]], places[right[0][0]]
    return left[1][-1] + last.width / 2 + GAP_X + first.width / 2


def to_svg(graph: Graph) -> str:
    """The graph as one SVG picture."""
    places = _places(graph.nodes)
    ranks = _arrange(places)
    low = min((p.x - p.width / 2 for p in places), default=0.0)
    width = max((p.x + p.width / 2 for p in places), default=0.0) - low + 2 * GAP_X
    tall = 3 * LINE + 10
    height = len(ranks) * (tall + GAP_Y) + GAP_Y

    def top(place: _Place) -> float:
        return GAP_Y + place.rank * (tall + GAP_Y)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="monospace" font-size="10.5">',
        f"<title>{safe(graph.name)}</title>",
        '<g fill="none" stroke="#888" stroke-width="1">',
    ]
    for place in places:
        x = place.x - low + GAP_X
        for index in place.below:
            other = places[index]
            x2, y2 = other.x - low + GAP_X, top(other)
            y1 = top(place) + tall
            middle = (y1 + y2) / 2
            passing = f" V{y2 + tall:.1f}" if other.node is None else ""
            curve = f"C{x:.1f} {middle:.1f} {x2:.1f} {middle:.1f} {x2:.1f} {y2:.1f}"
            out.append(f'<path d="M{x:.1f} {y1:.1f} {curve}{passing}"/>')
    out.append("</g>")
    for number, place in enumerate(places):
        if place.node is None:
            continue
        node, x, y = place.node, place.x - low + GAP_X, top(place)
        out.append(f'<g id="n{number}"><title>{safe(tooltip(node))}</title>')
        out.append(
            f'<rect x="{x - place.width / 2:.1f}" y="{y:.1f}" width="{place.width:.1f}" height="{tall:.1f}" '
            f'rx="5" fill="{_fill(node)}" stroke="#555"/>'
        )
        for i, line in enumerate(_lines(node)):
            weight = ' font-weight="bold"' if i == 0 else ""
            at = f'x="{x:.1f}" y="{y + 15 + i * LINE:.1f}"'
            out.append(f'<text {at} text-anchor="middle"{weight}>{safe(line)}</text>')
        out.append("</g>")
    out.append("</svg>")
    return "\n".join(out) + "\n"


def tooltip(node: Node) -> str:
    """Everything known about a node, in words."""
    parts = [node.op]
    if node.layers:
        parts.append("layers: " + ", ".join(node.layers))
    parts += [f"in: {', '.join(node.inputs)}"] if node.inputs else []
    parts += [f"out: {', '.join(node.outputs)}"] if node.outputs else []
    parts += [f"parameters: {node.parameters:,}"] if node.parameters else []
    parts += [f"MACs: {node.macs:,}"] if node.macs else []
    parts += [f"{key} = {value}" for key, value in node.details.items()]
    return " | ".join(parts)


STYLE = """body{font:14px sans-serif;margin:1.5em}table{border-collapse:collapse}
td,th{border-bottom:1px solid #ddd;padding:2px 8px;text-align:left}.n{text-align:right}
.g{overflow:auto;border:1px solid #ccc;margin-top:1em}:target rect{stroke:#d00;stroke-width:3}"""


def to_html(graph: Graph, head: Sequence[str], rows: Sequence[Sequence[str]], summary: Sequence[str]) -> str:
    """One page with the summary, the table (rows link to their node) and the picture."""
    table = ["<tr>" + "".join(f"<th>{safe(cell)}</th>" for cell in head) + "</tr>"]
    numbers = [i for i, node in enumerate(graph.nodes) if node.op not in ("input", "output")]
    for number, row in zip(numbers, rows, strict=True):
        cells = [f'<td><a href="#n{number}">{safe(row[0])}</a></td>']
        cells += [f'<td class="{"n" if _is_number(cell) else ""}">{safe(cell)}</td>' for cell in row[1:]]
        table.append(f"<tr>{''.join(cells)}</tr>")
    lines = "".join(f"<p>{safe(line)}</p>" for line in summary)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{safe(graph.name)}</title>\n'
        f"<style>{STYLE}</style></head><body>\n<h1>{safe(graph.name)}</h1>\n{lines}\n"
        f"<details><summary>Layers</summary><table>{''.join(table)}</table></details>\n"
        f'<div class="g">{to_svg(graph)}</div>\n</body></html>\n'
    )


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "").isdigit()
