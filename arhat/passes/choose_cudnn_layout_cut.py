"""The cheapest labelling of a graph with two labels, as a minimum cut.

Two nodes have their labels for good, the others are free. A *bundle* is a producer with its users: it costs its price
once if any user has another label than the producer, however many do, because one copy serves them all. The cut is
exact: no other labelling costs less. Among labellings that cost the same, the one with the fewest nodes `True` is
taken.
"""

from __future__ import annotations

from collections import deque

INFINITE = 1 << 60
"""A capacity that no cut pays."""

_TRUE, _FALSE = 0, 1


class Labelling:
    """A labelling problem that is built step by step and solved once."""

    def __init__(self) -> None:
        self._edges: list[list[int]] = [[], []]
        self.true, self.false = _TRUE, _FALSE
        self._target: list[int] = []
        self._capacity: list[int] = []

    def node(self) -> int:
        """A new free node."""
        self._edges.append([])
        return len(self._edges) - 1

    def bundle(self, producer: int, users: list[int], cost: int) -> None:
        """What it costs if any of the users has another label than the producer."""
        users = [user for user in users if user != producer]
        if len(users) == 1:
            self._edge(producer, users[0], cost, cost)
        elif users:
            one, other = self.node(), self.node()
            self._edge(producer, one, cost)
            self._edge(other, producer, cost)
            for user in users:
                self._edge(one, user, INFINITE)
                self._edge(user, other, INFINITE)

    def _edge(self, start: int, end: int, capacity: int, back: int = 0) -> None:
        self._edges[start].append(len(self._target))
        self._target.append(end)
        self._capacity.append(capacity)
        self._edges[end].append(len(self._target))
        self._target.append(start)
        self._capacity.append(back)

    def solve(self) -> list[bool]:
        """The label of each node, by number."""
        while (levels := self._levels())[_FALSE] >= 0:
            self._block(levels)
        return [level >= 0 for level in self._levels()]

    def _levels(self) -> list[int]:
        """Distance of each node from the source along edges that have room; -1 where there is no way."""
        levels = [-1] * len(self._edges)
        levels[_TRUE] = 0
        queue = deque([_TRUE])
        while queue:
            node = queue.popleft()
            for edge in self._edges[node]:
                target = self._target[edge]
                if self._capacity[edge] > 0 and levels[target] < 0:
                    levels[target] = levels[node] + 1
                    queue.append(target)
        return levels

    def _block(self, levels: list[int]) -> None:
        """Fill all shortest ways from the source to the sink (one phase of Dinic's algorithm)."""
        following = [0] * len(self._edges)
        path: list[int] = []
        node = _TRUE
        while True:
            if node == _FALSE:
                room = min(self._capacity[edge] for edge in path)
                for edge in path:
                    self._capacity[edge] -= room
                    self._capacity[edge ^ 1] += room
                full = next(i for i, edge in enumerate(path) if self._capacity[edge] == 0)
                node = self._target[path[full] ^ 1]
                del path[full:]
            elif following[node] < len(self._edges[node]):
                edge = self._edges[node][following[node]]
                target = self._target[edge]
                if self._capacity[edge] > 0 and levels[target] == levels[node] + 1:
                    path.append(edge)
                    node = target
                else:
                    following[node] += 1
            elif path:
                node = self._target[path.pop() ^ 1]
                following[node] += 1
            else:
                return
