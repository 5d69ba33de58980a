"""Where on a machine a piece of work fits, setup and all, round what the machine is held for."""

from collections.abc import Sequence

from twin.scheduling.working_time import WorkingTime

__all__ = ["slot"]


def slot(
    time: WorkingTime,
    held: Sequence[tuple[int, int]],
    free: int,
    setup: int,
    after: int,
    duration: int,
) -> tuple[int, int] | None:
    """First start ≥ after, and its end, such that setup and work lie after `free` and round what
    the machine is held for (rising); None: the calendar has no such."""
    while True:
        set_up = time.end(free, setup)
        start = None if set_up is None else time.next_open(max(after, set_up))
        if start is None:
            return None
        begin, end = time.begin(start, setup), time.end(start, duration)
        if begin is None or end is None:
            return None
        hit = next((b for a, b in held if a < end and begin < b), None)
        if hit is None:
            return start, end
        free = max(free, hit)
