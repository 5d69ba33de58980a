"""The life of one alarm: who saw it, who put it aside, and until when. Pure.

Two bits, whether the condition holds (`active`) and whether somebody has seen it (`acked`), and
three ways of being held back: on the shelf, suppressed by design, out of service. While an alarm
is held back nobody is called, and both bits are kept:

- it comes: it is unseen, and calls once it is no longer held back;
- it goes: nothing is left to be seen.

Not held back, an alarm that goes unseen waits to be seen (returned, unacknowledged). A limit
further out makes it a new alarm; one further in does not. A shelf always ends: after its time, a
one-shot shelf also with the alarm, and at the latest after SHELF_MAX_US.

Source: ANSI/ISA-18.2 (2016), §6 (states) and §11 (shelving); IEC 62682 (2014), §6. That bits are
kept while an alarm is held back is IEC 62541-9 (2022), §5.8 (conditions and shelving).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

__all__ = [
    "HELD",
    "SHELF_MAX_US",
    "STATES",
    "Alarm",
    "Happening",
    "Outcome",
    "apply",
    "replay",
    "state_of",
]

STATES = (
    "normal",
    "unacknowledged",
    "acknowledged",
    "returned_unacknowledged",
    "shelved",
    "suppressed_by_design",
    "out_of_service",
)
HELD = ("shelved", "suppressed_by_design", "out_of_service")
SHELF_MAX_US = 31 * 86_400_000_000
"""No shelf lasts longer: what is forgotten on it comes back."""


class Alarm(NamedTuple):
    """All that is known of one alarm; as it begins: normal. Times are µs UTC of the plant."""

    active: bool = False
    acked: bool = True
    limit: str = ""
    """The limit that is crossed, or was last: low_low, low, high or high_high."""
    came: int = 0
    """When it became active last."""
    changed: int = 0
    """When anything of it changed last."""
    by: str = ""
    """Who changed it last; "" is the plant."""
    shelved_until: int | None = None
    one_shot: bool = False
    suppressed: str = ""
    """Why it is suppressed by design; "": it is not."""
    is_out: bool = False
    """Out of service."""
    reason: str = ""
    """Given by whoever shelved it or took it out of service."""


class Happening(NamedTuple):
    """Something that happens to an alarm.

    kind: activate, clear, escalate, deescalate (with limit), acknowledge, shelve (until µs, or
    one_shot; reason), unshelve, tick, suppress (reason), unsuppress, remove (reason), restore.
    """

    kind: str
    time: int
    by: str = ""
    limit: str = ""
    until: int = 0
    one_shot: bool = False
    reason: str = ""


class Outcome(NamedTuple):
    """Whether it was legal, else why not, and the state before and after."""

    accepted: bool
    refusal: str
    before: str
    after: str


Step = Callable[[Alarm, Happening], "Alarm | str"]
"""The record after a happening, or the reason why it cannot happen."""


def state_of(alarm: Alarm) -> str:
    """One of STATES. What is held back for several reasons is in the strongest one's state."""
    if alarm.is_out:
        return "out_of_service"
    if alarm.suppressed:
        return "suppressed_by_design"
    if alarm.shelved_until is not None:
        return "shelved"
    if alarm.active:
        return "acknowledged" if alarm.acked else "unacknowledged"
    return "normal" if alarm.acked else "returned_unacknowledged"


def apply(alarm: Alarm, happening: Happening) -> tuple[Alarm, Outcome]:
    """The record after a happening; one that is not legal leaves it as it is.

    >>> apply(Alarm(), Happening("activate", 5, limit="high"))[1].after
    'unacknowledged'
    >>> apply(Alarm(), Happening("acknowledge", 5, "Wu"))[1].refusal
    'nothing_to_acknowledge'
    """
    before = state_of(alarm)
    result = STEPS[happening.kind](alarm, happening)
    if isinstance(result, str):
        return alarm, Outcome(False, result, before, before)
    if result != alarm:
        result = result._replace(changed=happening.time, by=happening.by)
    return result, Outcome(True, "", before, state_of(result))


def replay(happenings: Iterable[Happening], alarm: Alarm = Alarm()) -> Alarm:  # noqa: B008
    """The record after all of them, in order."""
    for happening in happenings:
        alarm, _ = apply(alarm, happening)
    return alarm


# --- the plant's doings ---------------------------------------------------------------------
def _activate(alarm: Alarm, what: Happening) -> Alarm | str:
    if alarm.active:
        return "already_active"
    return alarm._replace(active=True, acked=False, limit=what.limit, came=what.time)


def _clear(alarm: Alarm, _what: Happening) -> Alarm | str:
    if not alarm.active:
        return "not_active"
    is_held = state_of(alarm) in HELD
    cleared = alarm._replace(active=False, acked=alarm.acked or is_held)
    return _off_shelf(cleared) if alarm.one_shot else cleared


def _escalate(alarm: Alarm, what: Happening) -> Alarm | str:
    if not alarm.active:
        return "not_active"
    if alarm.limit == what.limit:
        return "same_limit"
    return alarm._replace(acked=False, limit=what.limit)


def _deescalate(alarm: Alarm, what: Happening) -> Alarm | str:
    if not alarm.active:
        return "not_active"
    return "same_limit" if alarm.limit == what.limit else alarm._replace(limit=what.limit)


def _tick(alarm: Alarm, what: Happening) -> Alarm | str:
    """Time passes: a shelf whose time is over ends by itself."""
    is_over = alarm.shelved_until is not None and what.time >= alarm.shelved_until
    return _off_shelf(alarm) if is_over else alarm


# --- people's doings ------------------------------------------------------------------------
def _acknowledge(alarm: Alarm, _what: Happening) -> Alarm | str:
    state = state_of(alarm)
    if state in HELD:
        return state
    return "nothing_to_acknowledge" if alarm.acked else alarm._replace(acked=True)


def _shelve(alarm: Alarm, what: Happening) -> Alarm | str:
    state = state_of(alarm)
    if state in HELD:
        return state
    if not what.reason:
        return "no_reason"
    if what.one_shot and not alarm.active:
        return "not_active"
    latest = what.time + SHELF_MAX_US
    until = latest if what.one_shot else min(what.until, latest)
    if until <= what.time:
        return "time_is_over"
    return alarm._replace(shelved_until=until, one_shot=what.one_shot, reason=what.reason)


def _unshelve(alarm: Alarm, _what: Happening) -> Alarm | str:
    return "not_shelved" if alarm.shelved_until is None else _off_shelf(alarm)


def _remove(alarm: Alarm, what: Happening) -> Alarm | str:
    """Out of service; a shelf ends with it, so that restoring shows the alarm at once."""
    if alarm.is_out:
        return "out_of_service"
    if not what.reason:
        return "no_reason"
    return _off_shelf(alarm)._replace(is_out=True, reason=what.reason)


def _restore(alarm: Alarm, _what: Happening) -> Alarm | str:
    return alarm._replace(is_out=False, reason="") if alarm.is_out else "not_out_of_service"


# --- the design's doings --------------------------------------------------------------------
def _suppress(alarm: Alarm, what: Happening) -> Alarm | str:
    if not what.reason:
        return "no_reason"
    return alarm._replace(suppressed=what.reason)


def _unsuppress(alarm: Alarm, _what: Happening) -> Alarm | str:
    return alarm._replace(suppressed="") if alarm.suppressed else "not_suppressed"


def _off_shelf(alarm: Alarm) -> Alarm:
    return alarm._replace(
        shelved_until=None, one_shot=False, reason=alarm.reason if alarm.is_out else ""
    )


STEPS: Mapping[str, Step] = {
    "activate": _activate,
    "clear": _clear,
    "escalate": _escalate,
    "deescalate": _deescalate,
    "tick": _tick,
    "acknowledge": _acknowledge,
    "shelve": _shelve,
    "unshelve": _unshelve,
    "remove": _remove,
    "restore": _restore,
    "suppress": _suppress,
    "unsuppress": _unsuppress,
}
