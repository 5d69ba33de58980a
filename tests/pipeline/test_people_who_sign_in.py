"""Users in the store: what a password must be, and what ends a session."""

import string

import argon2
import pytest
from argon2.low_level import Type
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import SchemaError
from twin.pipeline import people
from twin.stores.memory import MemoryStore

PASSWORD = "a quiet bearing hums"
NOW = 1_700_000_000_000_000
OURS = people._HASHER


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes of 64 KiB instead of 64 MiB; one test below looks at the real parameters."""
    monkeypatch.setattr(people, "_HASHER", argon2.PasswordHasher(1, 64, 1))
    people._nobody.cache_clear()


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore(1)
    people.add_user(made, "Équipe Ost", "operator", PASSWORD, NOW)
    return made


def test_hashes_are_argon2id_of_the_strength_that_the_rfc_recommends() -> None:
    """RFC 9106, §4, second recommended option: 64 MiB, three passes, four lanes."""
    fresh = argon2.extract_parameters(OURS.hash(PASSWORD))
    assert (fresh.type, fresh.memory_cost, fresh.time_cost, fresh.parallelism) == (
        Type.ID,
        65536,
        3,
        4,
    )


def test_password_is_not_kept(store: MemoryStore) -> None:
    kept = b"".join(store.documents("users").values())
    assert PASSWORD.encode() not in kept
    assert b"$argon2id$" in kept


def test_only_the_right_password_opens(store: MemoryStore) -> None:
    user = people.check_password(store, "Équipe Ost", PASSWORD)
    assert user is not None
    assert user.role == "operator"
    assert people.check_password(store, "Équipe Ost", PASSWORD + "!") is None
    assert people.check_password(store, "nobody", PASSWORD) is None
    assert people.check_password(store, "nobody", "\0") is None


@pytest.mark.parametrize("spelt", ["équipe ost", "ÉQUIPE OST", " Équipe Ost ", "E\u0301quipe Ost"])
def test_one_person_has_one_name_however_it_is_typed(store: MemoryStore, spelt: str) -> None:
    assert people.check_password(store, spelt, PASSWORD) is not None
    with pytest.raises(SchemaError, match="taken"):
        people.add_user(store, spelt, "viewer", PASSWORD, NOW)


def test_password_typed_on_another_keyboard_is_the_same(store: MemoryStore) -> None:
    """NFKC: a full-width letter and its plain form are one (NIST SP 800-63B, 5.1.1.2)."""
    people.set_password(store, "Équipe Ost", "ｑuiet bearing hums")
    assert people.check_password(store, "Équipe Ost", "quiet bearing hums") is not None


@pytest.mark.parametrize("password", ["", "elevenchars", "x" * 129, "aaaaaaaaaaaaaa", "zoë lang"])
def test_password_that_is_guessed_first_is_refused(store: MemoryStore, password: str) -> None:
    with pytest.raises(SchemaError, match="password") as told:
        people.set_password(store, "Équipe Ost", password)
    assert not password or password not in str(told.value)
    assert people.check_password(store, "Équipe Ost", PASSWORD) is not None


@given(st.text(string.printable, min_size=12, max_size=128).filter(lambda p: len(set(p)) > 1))
@settings(max_examples=20, deadline=None)
def test_every_password_of_the_allowed_length_works(password: str) -> None:
    made = MemoryStore(1)
    people.add_user(made, "Early", "viewer", password, NOW)
    assert people.check_password(made, "Early", password) is not None


def test_new_password_ends_sessions_and_new_role_does_not(store: MemoryStore) -> None:
    before = people.find_user(store, "Équipe Ost")
    raised = people.set_role(store, "Équipe Ost", "manager")
    changed = people.set_password(store, "Équipe Ost", "another quiet one")
    assert before is not None
    assert raised.generation == before.generation
    assert changed.generation > before.generation
    assert changed.role == "manager"


def test_name_given_again_revives_no_session(store: MemoryStore) -> None:
    old = people.set_password(store, "Équipe Ost", "another quiet one")
    people.remove_user(store, "Équipe Ost")
    assert people.find_user(store, "Équipe Ost") is None
    new = people.add_user(store, "Équipe Ost", "viewer", PASSWORD, NOW + 60_000_000)
    assert new.generation > old.generation


def test_weaker_hash_is_replaced_when_its_owner_signs_in(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = people.find_user(store, "Équipe Ost")
    monkeypatch.setattr(people, "_HASHER", argon2.PasswordHasher(2, 64, 1))
    after = people.check_password(store, "Équipe Ost", PASSWORD)
    assert before is not None
    assert after is not None
    assert argon2.extract_parameters(after.hash).time_cost == 2
    assert after.generation == before.generation
    assert people.find_user(store, "Équipe Ost") == after


@pytest.mark.parametrize(
    ("name", "role", "fault"),
    [("", "viewer", "name"), ("x" * 61, "viewer", "name"), ("Early", "boss", "role: got 'boss'")],
)
def test_what_is_refused_says_what_was_wanted(name: str, role: str, fault: str) -> None:
    with pytest.raises(SchemaError, match=fault):
        people.add_user(MemoryStore(1), name, role, PASSWORD, NOW)


def test_nobody_can_be_neither_removed_nor_changed(store: MemoryStore) -> None:
    for change in (
        lambda: people.remove_user(store, "Night"),
        lambda: people.set_role(store, "Night", "viewer"),
        lambda: people.set_password(store, "Night", PASSWORD),
    ):
        with pytest.raises(SchemaError, match=r"got 'Night', want one of: Équipe Ost"):
            change()
