"""Whether the planner's solvers are still being compiled, as the pages that wait for them say."""

from dashboard.snapshot import Snapshot

__all__ = ["is_compiling"]


def is_compiling(snapshot: Snapshot) -> bool:
    """By the planner's own word: only where it takes long enough that people should know."""
    return bool((snapshot.schedule.get("planning") or {}).get("compiling"))
