"""What this package adds to Arhat; the entry point in pyproject.toml leads here."""

from xdsl.passes import ModulePass
from xdsl.universe import Universe


def _merge_clamps() -> type[ModulePass]:
    from arhat_merge_clamps.merge_clamps import MergeClampsPass  # imported only when the pass is used

    return MergeClampsPass


UNIVERSE = Universe(all_passes={"merge-clamps": _merge_clamps})
