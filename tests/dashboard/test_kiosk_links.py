"""Links of wall displays: they open what they name, outlive a restart, and end when withdrawn."""

import threading

import pytest
from fake_plant import START_US

from dashboard.access.secret import secret_key
from dashboard.kiosks import FRESH_S, SEEN_EVERY_S, Kiosks
from twin.errors import SchemaError, StoreError
from twin.kiosk import KIND, Kiosk, created, kiosk_of, renewed, revoked
from twin.stores.memory import MemoryStore


def make(store: MemoryStore, kiosk_id: str = "k1", **settings: object) -> Kiosk:
    documents = created(kiosk_id, {"name": "Hall 2", "document": settings}, "Office", START_US)
    store.set_documents(KIND, documents)
    return kiosk_of(documents[kiosk_id])


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(1)


def test_link_opens_its_display_and_no_other(store: MemoryStore) -> None:
    first, second = make(store, "k1"), make(store, "k2")
    kiosks = Kiosks(store)
    assert kiosks.open(kiosks.token(first)).kiosk == first
    assert kiosks.open(kiosks.token(second)).kiosk == second


def test_link_outlives_a_restart_of_the_server(store: MemoryStore) -> None:
    kiosk = make(store)
    token = Kiosks(store).token(kiosk)
    assert Kiosks(store).open(token) == (kiosk, False)


def test_two_servers_that_start_at_once_agree_on_the_secret() -> None:
    """The second finds the first one's secret between its look and its write."""
    other = []

    class Racing(MemoryStore):
        def commit_desk(self, commit):  # type: ignore[no-untyped-def]
            if not other:
                other.append(b"")
                other[0] = secret_key(self)
            super().commit_desk(commit)

    racing = Racing(1)
    assert secret_key(racing) == other[0] == secret_key(racing)
    assert len(other[0]) == 32


def test_link_opens_at_once_when_it_was_made(store: MemoryStore) -> None:
    kiosks = Kiosks(store, Clock())
    assert kiosks.all() == {}
    kiosk = make(store)
    assert kiosks.open(kiosks.token(kiosk)) == (kiosk, False)


@pytest.mark.parametrize("change", ["cut", "other letter", "another secret", "nothing"])
def test_forged_link_opens_nothing(store: MemoryStore, change: str) -> None:
    token = Kiosks(store).token(make(store))
    forged = {
        "cut": token[:-2],
        "other letter": token[:3] + ("A" if token[3] != "A" else "B") + token[4:],
        "another secret": Kiosks(MemoryStore(1)).token(make(store)),
        "nothing": "",
    }[change]
    assert Kiosks(store).open(forged).kiosk is None


def test_new_link_ends_the_old_one_and_opens_a_withdrawn_display_again(store: MemoryStore) -> None:
    kiosk, kiosks = make(store), Kiosks(store, clock := Clock())
    old = kiosks.token(kiosk)
    store.set_documents(KIND, revoked(kiosk))
    clock.now_s += FRESH_S
    assert not kiosks.is_open(old)
    store.set_documents(KIND, renewed(kiosk_of(store.documents(KIND)["k1"])))
    clock.now_s += FRESH_S
    new = kiosks.token(kiosks.all()["k1"])
    assert kiosks.is_open(new)
    assert not kiosks.is_open(old)
    assert kiosks.open(old).is_revoked


def test_withdrawal_is_seen_within_a_second_and_the_store_asked_once_a_second(
    store: MemoryStore,
) -> None:
    asked = 0

    class Counting:
        def documents(self, kind: str) -> dict[str, bytes]:
            nonlocal asked
            asked += kind == KIND
            return store.documents(kind)

    kiosk = make(store)
    kiosks = Kiosks(Counting(), clock := Clock())  # type: ignore[arg-type]
    secret_key(store)
    token = kiosks.token(kiosk)
    for _ in range(100):
        assert kiosks.is_open(token)
    assert asked == 1
    store.set_documents(KIND, revoked(kiosk))
    clock.now_s += FRESH_S
    assert not kiosks.is_open(token)


def test_silent_store_withdraws_nothing_and_is_asked_once_a_second(store: MemoryStore) -> None:
    kiosk, kiosks = make(store), Kiosks(store, clock := Clock())
    token, asked = kiosks.token(kiosk), []
    assert kiosks.is_open(token)

    def silent(kind: str) -> dict[str, bytes]:
        asked.append(kind)
        raise StoreError("away")

    store.documents = silent  # type: ignore[method-assign]
    clock.now_s += FRESH_S
    assert all(kiosks.is_open(token) for _ in range(100))
    assert asked == [KIND]
    clock.now_s += FRESH_S
    with pytest.raises(StoreError):
        kiosks.open(token)


def test_unreadable_display_does_not_hide_the_others(store: MemoryStore) -> None:
    make(store, "k1")
    store.set_documents(KIND, {"k2": b"{not json"})
    assert list(Kiosks(store).all()) == ["k1"]


def test_when_a_display_was_seen_is_written_twice_a_minute_at_most(store: MemoryStore) -> None:
    kiosks = Kiosks(store, clock := Clock())
    kiosks.note_seen("k1", 1_000)
    kiosks.note_seen("k1", 2_000)
    assert kiosks.seen() == {"k1": 1_000}
    clock.now_s += SEEN_EVERY_S
    kiosks.note_seen("k1", 3_000)
    assert kiosks.seen() == {"k1": 3_000}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"distance_m": 0.1}, "distance_m: got '0.1'"),
        ({"distance_m": float("nan")}, "distance_m"),
        ({"areas": []}, "areas"),
        ({"language": "fr"}, "language: got 'fr'"),
        ({"colour": "red"}, "colour: got 'red'"),
    ],
)
def test_faulty_settings_are_refused_with_got_and_want(settings: dict, said: str) -> None:
    with pytest.raises(SchemaError, match=said):
        created("k1", {"name": "Hall", "document": settings}, "Office", 0)


def test_store_that_never_answered_closes_no_display(store: MemoryStore) -> None:
    """Neither the first question nor those within the same second take silence for an answer."""
    kiosks = Kiosks(store, Clock())
    token = kiosks.token(make(store))

    def silent(kind: str) -> dict[str, bytes]:
        raise StoreError(f"{kind}: away")

    store.documents = silent  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(StoreError):
            kiosks.open(token)


def test_running_displays_do_not_wait_for_one_another_at_a_slow_store(store: MemoryStore) -> None:
    clock, asked, go_on = Clock(), threading.Event(), threading.Event()
    kiosks, documents = Kiosks(store, clock), store.documents
    token = kiosks.token(make(store))
    assert kiosks.is_open(token)

    def slow(kind: str) -> dict[str, bytes]:
        asked.set()
        assert go_on.wait(10)
        return documents(kind)

    store.documents = slow  # type: ignore[method-assign]
    clock.now_s += FRESH_S
    first = threading.Thread(target=kiosks.is_open, args=(token,), daemon=True)
    first.start()
    assert asked.wait(10)
    found: list[bool] = []
    second = threading.Thread(target=lambda: found.append(kiosks.is_open(token)), daemon=True)
    second.start()
    second.join(5)
    go_on.set()
    first.join(10)
    assert found == [True]
