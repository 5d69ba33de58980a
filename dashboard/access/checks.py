"""Whether an action can be done now: each page says so for its own verbs.

@check("alarm.shelve")
def can_shelve(snapshot, machine, detail):
    return None if ... else t("This alarm is shelved already")
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from dashboard.snapshot import Snapshot
from twin.actions import VERBS

__all__ = ["Check", "check", "objection"]

Check = Callable[[Snapshot, str | None, dict[str, Any]], str | None]
"""Snapshot, machine id and complete detail → why it cannot be done, in the reader's words."""

_CHECKS: defaultdict[str, list[Check]] = defaultdict(list)


def check(verb: str) -> Callable[[Check], Check]:
    """Ask this function before such an action is kept. Raises KeyError for an unknown verb."""
    if verb not in VERBS:
        raise KeyError(verb)

    def register(asked: Check) -> Check:
        _CHECKS[verb].append(asked)
        return asked

    return register


def objection(
    verb: str, snapshot: Snapshot, machine: str | None, detail: dict[str, Any]
) -> str | None:
    """The first reason against an action; None: it can be done."""
    found = (asked(snapshot, machine, detail) for asked in _CHECKS[verb])
    return next((reason for reason in found if reason), None)
