"""The life of an alarm against the transitions of the standard, written down here a second time.

The standard's diagram has one box for each way of being held back; what lies beneath (the alarm is
on or off, seen or not) is kept as IEC 62541-9 keeps it. So a state here is a pair: what a person
would be shown were nothing held back, and what holds it back.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from twin.core.alarms import HELD, SHELF_MAX_US, STATES, Alarm, Happening, apply, replay, state_of

HOUR_US = 3_600_000_000

# ANSI/ISA-18.2 (2016), figure of alarm states, the four states of an alarm that is shown:
# A normal, B unacknowledged, C acknowledged, D returned to normal but unacknowledged.
SHOWN = {
    ("A", "activate"): "B",
    ("B", "acknowledge"): "C",
    ("B", "clear"): "D",
    ("C", "clear"): "A",
    ("D", "acknowledge"): "A",
    ("D", "activate"): "B",
    ("B", "escalate"): "B",  # re-alarm: an outer limit is another alarm
    ("C", "escalate"): "B",
    ("B", "deescalate"): "B",
    ("C", "deescalate"): "C",
}
# The same while it is held back: nothing is shown, so nothing can be acknowledged, and what has
# gone is normal: "returns to A where the condition is gone, else it is shown again".
BENEATH = {k: v for k, v in SHOWN.items() if k[1] != "acknowledge"} | {
    ("B", "clear"): "A",
    ("C", "clear"): "A",
}
NAMES = {
    "A": "normal",
    "B": "unacknowledged",
    "C": "acknowledged",
    "D": "returned_unacknowledged",
}
# What may be done to an alarm that is shown (""), shelved (S), suppressed (U) or out (O).
HOLDS = {
    ("", "shelve"): "S",
    ("S", "unshelve"): "",
    ("", "suppress"): "U",
    ("S", "suppress"): "SU",
    ("U", "unsuppress"): "",
    ("SU", "unsuppress"): "S",
    ("SU", "unshelve"): "U",
    ("", "remove"): "O",
    ("S", "remove"): "O",
    ("U", "remove"): "UO",
    ("SU", "remove"): "UO",
    ("O", "restore"): "",
    ("UO", "restore"): "U",
    ("O", "suppress"): "UO",
    ("UO", "unsuppress"): "O",
    ("U", "suppress"): "U",
    ("SU", "suppress"): "SU",
    ("UO", "suppress"): "UO",
}


def shown_name(state: str, hold: str) -> str:
    """Out of service is stronger than by design, and that than a shelf."""
    for letter, name in (("O", HELD[2]), ("U", HELD[1]), ("S", HELD[0])):
        if letter in hold:
            return name
    return NAMES[state]


class AlarmLife(RuleBasedStateMachine):
    """Random happenings; the table above follows beside, and must agree at every step."""

    @initialize()
    def begin(self) -> None:
        self.alarm, self.seen, self.state, self.hold = Alarm(), [], "A", ""
        self.now, self.until, self.one_shot = 1_000 * HOUR_US, None, False

    def happen(self, kind: str, **given) -> None:
        self.now += 60_000_000
        happening = Happening(kind, self.now, "Late", **given)
        self.seen.append(happening)
        before = self.alarm
        self.alarm, outcome = apply(before, happening)
        is_legal = self.follow(kind, happening)
        assert outcome.accepted == is_legal, (kind, self.state, self.hold, outcome)
        assert bool(outcome.refusal) == (not is_legal)
        assert outcome.before == state_of(before)
        assert outcome.after == state_of(self.alarm)
        if not is_legal:
            assert self.alarm == before
        if self.alarm != before:
            assert (self.alarm.changed, self.alarm.by) == (self.now, "Late")

    def follow(self, kind: str, what: Happening) -> bool:
        if kind == "tick":
            if self.until is not None and what.time >= self.until:
                self.hold, self.until, self.one_shot = self.hold.replace("S", ""), None, False
            return True
        if (self.hold, kind) in HOLDS:
            if kind == "shelve":
                if what.one_shot and self.state not in "BC":
                    return False
                self.until = what.time + SHELF_MAX_US if what.one_shot else what.until
                self.one_shot = what.one_shot
            self.hold = HOLDS[self.hold, kind]
        else:
            table = BENEATH if self.hold else SHOWN
            if (self.state, kind) not in table:
                return False
            self.state = table[self.state, kind]
            if kind == "clear" and self.one_shot:
                self.hold = self.hold.replace("S", "")
        if "S" not in self.hold:
            self.until, self.one_shot = None, False
        return True

    @rule()
    def activate(self) -> None:
        self.happen("activate", limit="high")

    @rule()
    def clear(self) -> None:
        self.happen("clear")

    @rule()
    def escalate(self) -> None:
        if self.alarm.limit != "high_high":
            self.happen("escalate", limit="high_high")

    @rule()
    def deescalate(self) -> None:
        if self.alarm.limit != "high":
            self.happen("deescalate", limit="high")

    @rule(kind=st.sampled_from(["acknowledge", "unshelve", "restore", "unsuppress"]))
    def plain(self, kind: str) -> None:
        self.happen(kind)

    @rule(kind=st.sampled_from(["remove", "suppress"]))
    def held_back(self, kind: str) -> None:
        self.happen(kind, reason="pump is being changed")

    @rule(hours=st.integers(1, 12), one_shot=st.booleans())
    def shelve(self, hours: int, one_shot: bool) -> None:
        until = 0 if one_shot else self.now + hours * HOUR_US
        self.happen("shelve", until=until, one_shot=one_shot, reason="known")

    @rule(hours=st.integers(0, 800))
    def tick(self, hours: int) -> None:
        self.now += hours * HOUR_US
        self.happen("tick")

    @invariant()
    def agrees_with_the_table(self) -> None:
        assert state_of(self.alarm) == shown_name(self.state, self.hold)
        assert state_of(self.alarm) in STATES

    @invariant()
    def unacknowledged_is_never_seen(self) -> None:
        if state_of(self.alarm) in {"unacknowledged", "returned_unacknowledged"}:
            assert not self.alarm.acked

    @invariant()
    def a_shelf_always_ends(self) -> None:
        shelved = self.alarm.shelved_until
        if shelved is not None:
            assert self.alarm.changed < shelved <= self.now + SHELF_MAX_US
            later, _ = apply(self.alarm, Happening("tick", shelved))
            assert later.shelved_until is None

    @invariant()
    def replayed_list_gives_the_same_record(self) -> None:
        assert replay(self.seen) == self.alarm

    @invariant()
    def what_holds_an_alarm_back_has_a_reason(self) -> None:
        if self.alarm.is_out or self.alarm.shelved_until is not None:
            assert self.alarm.reason


AlarmLife.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAlarmLife = AlarmLife.TestCase


def test_without_a_reason_nothing_is_put_aside() -> None:
    for kind in ("shelve", "remove", "suppress"):
        happening = Happening(kind, 5, "Late", until=HOUR_US)
        assert apply(Alarm(), happening)[1].refusal == "no_reason"


def test_no_shelf_is_longer_than_the_longest() -> None:
    shelved, _ = apply(Alarm(), Happening("shelve", 0, "Late", until=10**18, reason="x"))
    assert shelved.shelved_until == SHELF_MAX_US


def test_alarm_that_came_on_the_shelf_calls_when_it_returns() -> None:
    end = Happening("shelve", 0, "Late", until=9, reason="x")
    back = replay([end, Happening("activate", 4, limit="low"), Happening("tick", 9)])
    assert state_of(back) == "unacknowledged"
    assert back.came == 4


def test_acknowledged_alarm_returns_from_the_shelf_as_acknowledged() -> None:
    before = [Happening("activate", 1, limit="low"), Happening("acknowledge", 2, "Late")]
    end = Happening("shelve", 3, "Late", until=9, reason="x")
    assert state_of(replay([*before, end, Happening("tick", 9)])) == "acknowledged"
