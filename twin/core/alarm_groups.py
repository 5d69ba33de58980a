"""Alarms that stand now; in a flood, groups by machine with the first-out named."""

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Group", "Standing", "group_by_machine"]


class Standing(NamedTuple):
    """An alarm that stands now, as far as the figures need it; times µs."""

    alarm_id: str
    machine: str
    came: int
    is_active: bool
    is_unacknowledged: bool
    is_shelved: bool
    is_held: bool


class Group(NamedTuple):
    """Alarms of one machine; first_out is the one that came first."""

    machine: str
    alarms: list[str]
    first_out: str
    since: int


def group_by_machine(standing: Iterable[Standing]) -> list[Group]:
    """Active alarms that call, by machine, the largest group first; each names its first-out."""
    groups: dict[str, list[Standing]] = {}
    for one in standing:
        if one.is_active and not one.is_held:
            groups.setdefault(one.machine, []).append(one)
    found = []
    for machine, own in groups.items():
        own.sort(key=lambda s: (s.came, s.alarm_id))
        found.append(Group(machine, [s.alarm_id for s in own], own[0].alarm_id, own[0].came))
    return sorted(found, key=lambda g: (-len(g.alarms), g.since, g.machine))
