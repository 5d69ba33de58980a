"""The document alarm_rates: figures of the alarm system, its worst alarms, a flood."""

from typing import Any

from twin.core.alarm_groups import Standing as Counted
from twin.core.alarm_groups import group_by_machine
from twin.core.alarm_rates import TEN_MINUTES_US
from twin.core.alarms import HELD, state_of
from twin.pipeline.desk.lines import plant_line
from twin.pipeline.desk.state import DeskState, Standing

__all__ = ["COUNTS", "summary"]

COUNTS = 144
"""Ten minutes each that a screen draws: a day."""


def summary(state: DeskState, now_us: int) -> dict[str, Any]:
    """The document alarm_rates: figures against their limits, lists, and the flood if there is."""
    rates = state.rates
    was = rates.flood_since
    rates.pass_time(now_us)
    _tell_flood(state, was, now_us)
    counted = [_counted(i, entry) for i, entry in state.alarms.items()]
    last = now_us // TEN_MINUTES_US
    return {
        "made": now_us,
        "began": rates.began,
        "figures": {name: list(f) for name, f in rates.figures(now_us, counted).items()},
        "top": rates.top(),
        "chattering": rates.chattering(now_us),
        "fleeting": rates.fleeting(),
        "counts": [sum(rates.counts.get(n, ())) for n in range(last - COUNTS + 1, last + 1)],
        "flood": rates.flood_since,
        "recent": len(rates.recent),
        "groups": [g._asdict() for g in group_by_machine(counted)] if rates.in_flood else [],
    }


def _tell_flood(state: DeskState, was: int | None, now_us: int) -> None:
    since, told = state.rates.flood_since, state.summary.get("flood")
    if since != told or since != was:
        state.mark("rates")
    if since is not None and told is None:
        state.write(plant_line(f"flood-{since}", since, "flood.begin", None, {}))
    elif since is None and (told is not None or was is not None):
        state.write(plant_line(f"flood-end-{now_us}", now_us, "flood.end", None, {}))


def _counted(alarm_id: str, entry: Standing) -> Counted:
    shown = state_of(entry.alarm)
    return Counted(
        alarm_id,
        entry.machine,
        entry.alarm.came,
        entry.alarm.active,
        shown in {"unacknowledged", "returned_unacknowledged"},
        shown == "shelved",
        shown in HELD,
    )
