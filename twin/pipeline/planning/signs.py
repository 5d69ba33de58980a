"""What makes a plan old: signs of the plant, held against those that the last was made from."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from twin.pipeline.planning.situation import Situation
from twin.pipeline.services import HOUR_US

__all__ = ["BAND_LOGIT", "RUSH_PRIORITY", "WHYS", "Signs", "Waiting", "signs_of", "why_new"]

WHYS = (
    *("breakdown", "rush", "accepted", "service", "veto", "lock", "repair"),
    *("order", "allowed", "risk", "clock"),
)
"""Why a plan is made anew, the most pressing first."""
SERVICE = ("machine", "start", "duration_h", "crew", "suggestion")
RUSH_PRIORITY = 2
RUSH_US = 24 * HOUR_US
"""An order that is new and due within this is a rush order whatever its priority."""
BAND_LOGIT = 1.0
"""Log odds of failing within the week by which a machine's risk may move."""
LEAST_P = 0.02
"""Risks below this are all one."""


class Signs(NamedTuple):
    """What of a situation a plan depends on."""

    failed: frozenset[str]
    orders: Mapping[str, tuple[Any, ...]]
    """Open orders: quantity, release, due, priority."""
    services: Mapping[str, tuple[Any, ...]]
    """Planned ones: machine, start, hours, crew, and the suggestion that they were."""
    vetoes: frozenset[tuple[Any, ...]]
    """Those that stand."""
    locks: frozenset[tuple[Any, ...]]
    logit: Mapping[str, float]
    """Machine → log odds of failing within the week."""
    rush: frozenset[str]
    """Orders that press."""
    cancelled: frozenset[str] = frozenset()
    """Orders that were called off."""
    now_us: int = 0


def signs_of(situation: Situation) -> Signs:
    """The signs of now."""
    orders = {i: o for i, o in situation.orders.items() if o["state"] == "open"}
    decisions = situation.decisions
    return Signs(
        frozenset(situation.failed_us),
        {
            i: tuple(o[k] for k in ("quantity", "release", "due", "priority"))
            for i, o in orders.items()
        },
        {s["id"]: tuple(s.get(k) for k in SERVICE) for s in situation.services},
        frozenset(
            (v["suggestion"], v["until"]) for v in decisions.vetoes if v["until"] > situation.now_us
        ),
        frozenset((k["order"], k["step"], k["machine"], k["start"]) for k in decisions.locks),
        {now.machine.id: _logit(now.row) for now in situation.machines if not now.is_failed},
        frozenset(i for i, o in orders.items() if _presses(o, situation.now_us)),
        frozenset(i for i, o in situation.orders.items() if o["state"] == "cancelled"),
        situation.now_us,
    )


def why_new(before: Signs, now: Signs) -> str | None:
    """The most pressing reason why a plan made then is old now; None: it is not."""
    came = now.orders.keys() - before.orders.keys()
    changed = [
        i for i in now.orders.keys() & before.orders.keys() if now.orders[i] != before.orders[i]
    ]
    accepted, other = _services_told(before, now)
    found = {
        "breakdown": bool(now.failed - before.failed),
        "repair": bool(before.failed - now.failed),
        "rush": bool(now.rush & (came | set(changed))),
        "accepted": accepted,
        "service": other,
        "veto": bool(now.vetoes - before.vetoes),
        "allowed": bool(before.vetoes - now.vetoes),
        "lock": now.locks != before.locks,
        "order": bool(came or changed or now.cancelled & before.orders.keys()),
        "risk": any(_moved(before.logit, m, value) for m, value in now.logit.items()),
    }
    return next((why for why in WHYS if found.get(why)), None)


class Waiting:
    """Debounces: what comes in quick succession is one reason to plan, the most pressing."""

    def __init__(self, quiet_s: float, longest_s: float) -> None:
        self.quiet_s, self.longest_s = quiet_s, longest_s
        self._why: str | None = None
        self._seen: Signs | None = None
        self._first = self._last = 0.0

    def look(self, planned: Signs, now: Signs, wall_s: float) -> str | None:
        """Why to plan at once; None: nothing to do, or more may be coming."""
        why = why_new(planned, now)
        if why is None:
            self._why = None
            return None
        if self._why is None:
            self._first, self._last = wall_s, wall_s
        elif self._seen is not None and why_new(self._seen, now) is not None:
            self._last = wall_s
        self._why, self._seen = why, now
        is_quiet = wall_s - self._last >= self.quiet_s
        return why if is_quiet or wall_s - self._first >= self.longest_s else None


def _services_told(before: Signs, now: Signs) -> tuple[bool, bool]:
    """Whether a suggestion has become a planned service; and whether one was planned otherwise,
    moved, called off or done. One whose time is over is no news."""
    was, is_ = before.services, now.services
    news = [i for i in is_ if was.get(i) != is_[i]]
    accepted = [i for i in news if i not in was and is_[i][-1] is not None]
    gone = [i for i in was.keys() - is_.keys() if _end_us(was[i]) > now.now_us]
    return bool(accepted), len(accepted) < len(news) or bool(gone)


def _end_us(service: tuple[Any, ...]) -> float:
    return float(service[1] + service[2] * HOUR_US)


def _moved(before: Mapping[str, float], machine: str, value: float) -> bool:
    return machine not in before or abs(value - before[machine]) > BAND_LOGIT


def _logit(row: np.void) -> float:
    p = float(row["p"][-1])
    if not np.isfinite(p):
        return 0.0
    p = min(max(p, LEAST_P), 1.0 - LEAST_P)
    return float(np.log(p / (1.0 - p)))


def _presses(order: Mapping[str, Any], now_us: int) -> bool:
    return bool(order["priority"] <= RUSH_PRIORITY or order["due"] - now_us < RUSH_US)
