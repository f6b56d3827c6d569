"""select-engines: operation graphs get the plans that a tactics file names."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.passes import ModulePass

from arhat.dialects.cudnn import GraphOp
from arhat.emit.cudnn.graphs import graph_key
from arhat.passes.support import entry_point
from arhat.tactics import read_tactics


@dataclass(frozen=True)
class SelectEnginesPass(ModulePass):
    """Name the plan of every `cudnn.graph` whose key is in a tactics file (`arhat.tactics`).

    A program made from it uses that plan on every run and in every build, as long as the GPU and cuDNN are those that
    the file was made with; a graph without a plan takes what cuDNN's heuristics propose.

    Options: `tactics` is the path of the file; without it nothing is changed.

    ```mlir
    %y = cudnn.graph(%x, %w) {math = "any"} ({ ... }) : ...
    // becomes, where the file has its key with "plan": "eng4_k24=3"
    %y = cudnn.graph(%x, %w) {math = "any", plan = "eng4_k24=3"} ({ ... }) : ...
    ```
    """

    name = "select-engines"
    tactics: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Set the plans in the module's entry point.

        Raises:
            UserError: the tactics file cannot be read or is malformed.
        """
        if not self.tactics:
            return
        known = read_tactics(self.tactics).graphs
        for inner in entry_point(op).body.block.ops:
            if isinstance(inner, GraphOp):
                tactic = known.get(graph_key(inner))
                if tactic is not None:
                    inner.properties["plan"] = StringAttr(tactic.plan)
