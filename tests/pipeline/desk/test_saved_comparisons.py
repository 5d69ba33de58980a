"""Saved comparisons of what-ifs: kept by the action's id, attributed, bounded, deleted once."""

import orjson
import pytest
from worker_plant import PARTITIONS, T0_US, settings_in

from twin.actions import Action, pack_action
from twin.pipeline.desk import Desk
from twin.pipeline.desk.scenarios import KEPT_MAX, KIND, SIZE_MAX
from twin.pipeline.site import prepare
from twin.stores.memory import MemoryStore
from twin.types import Clock


@pytest.fixture
def store(tmp_path):
    made = MemoryStore(PARTITIONS)
    made.set_clock(Clock(T0_US, T0_US, 1.0, simulated=True))
    made.site = prepare(made, settings_in(tmp_path))
    made.desk = Desk(made, made.site, lambda: T0_US)
    return made


def do(store, verb, machine, detail, token):
    action = Action(verb, machine, T0_US, T0_US, "Day", "engineer", detail, token)
    action_id = store.add_action(pack_action(action)).decode()
    store.desk.step()
    return action_id


def save(store, name="one", machine="mill-0", token="t-0001", **document):
    document.setdefault("scenarios", [])
    return do(store, "scenario.save", machine, {"name": name, "document": document}, token)


def test_comparison_is_kept_under_its_action_with_its_author(store):
    action_id = save(store, version=3)
    kept = {k: orjson.loads(v) for k, v in store.documents(KIND).items()}
    assert list(kept) == [action_id]
    one = kept[action_id]
    assert (one["name"], one["machine"], one["who"], one["time"]) == ("one", "mill-0", "Day", T0_US)
    assert one["document"] == {"scenarios": [], "version": 3}


def test_deleted_comparison_is_gone_and_cannot_be_deleted_again(store):
    action_id = save(store)
    do(store, "scenario.delete", None, {"scenario": action_id}, "t-0002")
    assert store.documents(KIND) == {}
    before = orjson.loads(store.documents("desk")["journal"])
    do(store, "scenario.delete", None, {"scenario": action_id}, "t-0003")
    after = orjson.loads(store.documents("desk")["journal"])
    assert len(after) == len(before) + 1
    assert "unknown_scenario" in orjson.dumps(after[-1]).decode()


@pytest.mark.parametrize(
    ("machine", "document", "code"),
    [("nobody", {}, "unknown_machine"), ("mill-0", {"text": "x" * SIZE_MAX}, "too_large")],
)
def test_what_cannot_be_kept_is_refused(store, machine, document, code):
    save(store, machine=machine, **document)
    assert store.documents(KIND) == {}
    assert code in store.documents("desk")["journal"].decode()


def test_kept_comparisons_are_bounded(store):
    full = {f"{n}-0": b"{}" for n in range(KEPT_MAX)}
    store.set_documents(KIND, full)
    save(store)
    assert len(store.documents(KIND)) == KEPT_MAX
    assert "too_many" in store.documents("desk")["journal"].decode()


def test_two_deletions_of_one_step_are_one(store):
    action_id = save(store)
    for n in range(2):
        detail, token = {"scenario": action_id}, f"t-100{n}"
        gone = Action("scenario.delete", None, T0_US, T0_US, "Day", "engineer", detail, token)
        store.add_action(pack_action(gone))
    assert store.desk.step() == 2
    lines = orjson.loads(store.documents("desk")["journal"])[-2:]
    assert [line["reason"] for line in lines] == [None, "unknown_scenario"]
