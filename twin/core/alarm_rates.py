"""How good the alarm system itself is: what it asks of one operator, against published limits.

Pure. Counted is each alarm that calls somebody; what is held back calls nobody. Windows are ten
minutes of the clock; a flood is judged on the sliding ten minutes, so that it begins with the alarm
that makes it one. Memory is bounded: ten-minute counts of WINDOW_US, at most FLOODS_MAX floods, at
most SOURCES_MAX alarms with days they came on.

Limits: ANSI/ISA-18.2 (2016), §16.5 and table of metrics, which IEC 62682 (2014) repeats; EEMUA 191
(3rd ed.), §6.5. The standard gives no number for "chattering" and "fleeting": three in ten minutes
and under a minute are ours, for plants that sample once a minute.
"""

from bisect import insort
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from twin.core.alarm_groups import Standing

__all__ = [
    "CHATTER",
    "FLEETING_US",
    "FLOOD_BEGINS",
    "FLOOD_ENDS",
    "LIMITS",
    "STALE_US",
    "TEN_MINUTES_US",
    "WINDOW_US",
    "AlarmRates",
    "Figure",
]

MINUTE_US = 60_000_000
TEN_MINUTES_US = 10 * MINUTE_US
DAY_US = 144 * TEN_MINUTES_US
WINDOW_US = 30 * DAY_US
STALE_US = DAY_US
FLEETING_US = MINUTE_US
"""Nobody can answer in less: who looks finds nothing."""
CHATTER = 3
FLOOD_BEGINS, FLOOD_ENDS = 10, 5
"""More than / fewer than so many in ten minutes."""
FLOODS_MAX = 500
SOURCES_MAX = 2000
RECENT_MAX = 1000
LIMITS: Mapping[str, float | None] = {
    "rate": 1.0,
    "peak": 10.0,
    "flood_percent": 1.0,
    "top_ten_percent": 5.0,
    "chattering": 0.0,
    "fleeting": 0.0,
    "stale": 5.0,
    "old_unacknowledged": 0.0,
    "shelved": None,
}
"""Most that is acceptable; None: nobody has published one. `stale`: fewer than this."""
SHARES = {3: 0.80, 2: 0.15, 1: 0.05}
"""Of all alarms, by priority: about."""
Z95 = 1.959964


class Figure(NamedTuple):
    """One figure, the most that is acceptable, and whether it keeps to that (None: no limit)."""

    value: float | None
    limit: float | None
    is_in: bool | None


class AlarmRates:
    """Follows the alarms that call; `to_json` and `from_json` carry it over a restart."""

    def __init__(self, began: int) -> None:
        self.began = began
        """When counting began, µs."""
        self.counts: dict[int, list[int]] = {}
        """Number of the ten minutes → alarms of priority 1, 2, 3."""
        self.recent: list[int] = []
        """Times of the last ten minutes' alarms, rising."""
        self.floods: list[list[int]] = []
        """Begin and end of each; an end of 0: it goes on."""
        self.sources: dict[str, dict[str, Any]] = {}
        """Alarm → days: number of the day → times it came; fleeting: likewise; last: its newest
        times; bad: when it chattered last."""
        self._cleaned = 0

    # --- what happens ---------------------------------------------------------------------
    def came(self, alarm_id: str, priority: int, time: int) -> None:
        """An alarm calls, at source time, µs."""
        self.began = min(self.began, time)
        self.counts.setdefault(time // TEN_MINUTES_US, [0, 0, 0])[priority - 1] += 1
        own = self.sources.setdefault(alarm_id, {"days": {}, "last": [], "fleeting": {}, "bad": 0})
        _add(own["days"], time)
        insort(own["last"], time)
        del own["last"][:-CHATTER]
        if len(own["last"]) == CHATTER and own["last"][-1] - own["last"][0] < TEN_MINUTES_US:
            own["bad"] = max(own["bad"], time)
        insort(self.recent, time)
        del self.recent[:-RECENT_MAX]
        self.pass_time(time)
        if len(self.sources) > SOURCES_MAX:
            self._forget_quiet()

    def went(self, alarm_id: str, came: int, time: int) -> None:
        """The alarm that came then is gone now."""
        if alarm_id in self.sources and 0 <= time - came < FLEETING_US:
            _add(self.sources[alarm_id]["fleeting"], time)

    def pass_time(self, now: int) -> None:
        """Begin or end a flood, and forget what is older than the window."""
        newest = max(now, self.recent[-1] if self.recent else now)
        self.recent = [t for t in self.recent if t > newest - TEN_MINUTES_US]
        if not self.in_flood and len(self.recent) > FLOOD_BEGINS:
            self.floods = [*self.floods, [self.recent[0], 0]][-FLOODS_MAX:]
        elif self.in_flood and len(self.recent) < FLOOD_ENDS:
            self.floods[-1][1] = newest
        if newest // TEN_MINUTES_US != self._cleaned:
            self._cleaned = newest // TEN_MINUTES_US
            self._forget(newest - WINDOW_US)

    def _forget(self, oldest: int) -> None:
        for number in [n for n in self.counts if n < oldest // TEN_MINUTES_US]:
            del self.counts[number]
        self.floods = [f for f in self.floods if f[1] == 0 or f[1] > oldest]
        for alarm_id, own in list(self.sources.items()):
            for days in (own["days"], own["fleeting"]):
                for day in [d for d in days if int(d) < oldest // DAY_US]:
                    del days[day]
            if not own["days"]:
                del self.sources[alarm_id]

    @property
    def in_flood(self) -> bool:
        return bool(self.floods) and self.floods[-1][1] == 0

    @property
    def flood_since(self) -> int | None:
        """When the flood that goes on began, µs."""
        return self.floods[-1][0] if self.in_flood else None

    # --- what it comes to -----------------------------------------------------------------
    def figures(self, now: int, standing: Iterable[Standing]) -> dict[str, Figure]:
        """The figures of the window at `now`; a rate needs ten minutes to be one."""
        begin, stand = self._begin(now), list(standing)
        n_windows = (now - begin) / TEN_MINUTES_US
        totals = [sum(c) for c in self.counts.values()]
        values: dict[str, float | None] = {
            "rate": sum(totals) / n_windows if n_windows >= 1 else None,
            "peak": float(max(totals, default=0)),
            "flood_percent": 100 * self._flood_us(begin, now) / max(1, now - begin),
            "top_ten_percent": self._top_percent(),
            "chattering": float(len(self.chattering(now))),
            "fleeting": float(len(self.fleeting())),
            "stale": float(sum(_is_stale(s, now) for s in stand)),
            "old_unacknowledged": float(sum(_is_left(s, now) for s in stand)),
            "shelved": float(sum(s.is_shelved for s in stand)),
        }
        return {name: _figure(name, value) for name, value in values.items()} | self._shares()

    def top(self, n: int = 10) -> list[tuple[str, int, float]]:
        """The n alarms that came most often: id, times, share of all."""
        totals = {i: sum(own["days"].values()) for i, own in self.sources.items()}
        every = sum(totals.values())
        most = sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))[:n]
        return [(i, count, count / every) for i, count in most if count]

    def chattering(self, now: int) -> list[str]:
        """Alarms that came CHATTER times within ten minutes, in the last day."""
        return sorted(i for i, own in self.sources.items() if 0 < own["bad"] > now - DAY_US)

    def fleeting(self) -> list[tuple[str, int]]:
        """Alarms gone before anybody could answer, and how often."""
        counts = {i: sum(own["fleeting"].values()) for i, own in self.sources.items()}
        return sorted(((i, n) for i, n in counts.items() if n), key=lambda p: (-p[1], p[0]))

    def _top_percent(self) -> float | None:
        """None while no more than ten alarms have come: they make up all of it."""
        is_known = len(self.sources) > 10
        return 100 * sum(share for _, _, share in self.top()) if is_known else None

    def _shares(self) -> dict[str, Figure]:
        """Share of each priority in per cent. Out of its limit is what is more than the published
        share by more than chance makes of so few alarms (95 %); few urgent ones are no fault."""
        sums = [sum(c[p] for c in self.counts.values()) for p in range(3)]
        n = sum(sums)
        found = {}
        for priority, aim in SHARES.items():
            share = sums[priority - 1] / n if n else None
            slack = Z95 * (aim * (1 - aim) / n) ** 0.5 if n else 0.0
            is_in = None if share is None or priority == 3 else share <= aim + slack
            value = None if share is None else 100 * share
            found[f"priority_{priority}"] = Figure(value, 100 * aim, is_in)
        return found

    def _begin(self, now: int) -> int:
        return max(self.began, now - WINDOW_US)

    def _flood_us(self, begin: int, now: int) -> int:
        return sum(max(0, (end or now) - max(first, begin)) for first, end in self.floods)

    def _forget_quiet(self) -> None:
        """The tenth of the alarms that has been quiet for longest makes room."""
        quiet = sorted(self.sources, key=lambda i: self.sources[i]["last"][-1])
        for alarm_id in quiet[: SOURCES_MAX // 10]:
            del self.sources[alarm_id]

    # --- over a restart -------------------------------------------------------------------
    def to_json(self) -> dict[str, Any]:
        return {
            "began": self.began,
            "counts": {str(n): c for n, c in self.counts.items()},
            "recent": self.recent,
            "floods": self.floods,
            "sources": self.sources,
        }

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> "AlarmRates":
        made = cls(held["began"])
        made.counts = {int(n): c for n, c in held["counts"].items()}
        made.recent, made.floods, made.sources = held["recent"], held["floods"], held["sources"]
        return made


def _figure(name: str, value: float | None) -> Figure:
    limit = LIMITS[name]
    if limit is None or value is None:
        return Figure(value, limit, None)
    return Figure(value, limit, value < limit if name == "stale" else value <= limit)


def _is_stale(one: Standing, now: int) -> bool:
    return one.is_active and not one.is_held and now - one.came > STALE_US


def _is_left(one: Standing, now: int) -> bool:
    """Not seen by anybody for ten minutes."""
    return one.is_unacknowledged and now - one.came > TEN_MINUTES_US


def _add(days: dict[str, int], time: int) -> None:
    day = str(time // DAY_US)
    days[day] = days.get(day, 0) + 1
