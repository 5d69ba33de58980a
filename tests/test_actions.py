"""The vocabulary of what people may do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.actions import ROLES, VERBS, Action, checked_detail, pack_action, unpack_action
from twin.errors import SchemaError


def test_every_verb_names_a_role_that_exists() -> None:
    assert {verb.role for verb in VERBS.values()} <= set(ROLES)


def test_an_unknown_verb_is_answered_with_those_there_are() -> None:
    with pytest.raises(SchemaError, match=r"got 'alarm.silence', want one of alarm.acknowledge"):
        checked_detail("alarm.silence", {})


def test_a_fault_names_key_got_and_want() -> None:
    with pytest.raises(SchemaError, match=r"alarm.shelve: hours: got '-1', want: .*greater than 0"):
        checked_detail("alarm.shelve", {"alarm": "m:s", "hours": -1, "reason": "noise"})


def test_a_reason_is_required_and_may_not_be_empty() -> None:
    for reason in ({}, {"reason": ""}):
        with pytest.raises(SchemaError, match="reason"):
            checked_detail("alarm.shelve", {"alarm": "m:s", "hours": 1} | reason)


def test_unknown_keys_are_faults() -> None:
    with pytest.raises(SchemaError, match="colour"):
        checked_detail("comment.add", {"text": "hot", "colour": "red"})


@given(st.text(), st.integers(0, 2**53), st.sampled_from(ROLES), st.text() | st.none())
def test_an_action_is_read_as_it_was_written(who, time, role, machine) -> None:
    made = Action("comment.add", machine, time, time, who, role, {"text": "…"}, "t")
    assert unpack_action(pack_action(made)) == made


def test_what_is_no_action_is_refused_in_words() -> None:
    with pytest.raises(SchemaError, match="not readable"):
        unpack_action(b'{"verb": "comment.add"}')
