"""The orders' page: what its state tells, its list as CSV, a file looked at before its import."""

import csv
import io
import json
from typing import Any

import pytest
from access_people import OURS, add_everybody, do, signed_in
from fake_plant import FakePlant
from flask.testing import FlaskClient

from dashboard.app import PlantTwin
from dashboard.data import read_snapshot
from dashboard.i18n import translator
from dashboard.pages.router import route
from dashboard.snapshot import Snapshot
from dashboard.states.orders.order_words import wanted_names
from dashboard.states.orders.orders_list import OrderFilters, order_list
from dashboard.states.orders.orders_state import CLOSED_SHOWN, orders_state
from twin.actions import unpack_action
from twin.pipeline.orders.rows import WANTED
from twin.stores.base import Store

HOUR_US = 3_600_000_000
STEP = {"state": "waiting", "machine": None, "start": None, "end": None}


def an_order(now: int, n: int, due_h: float, state: str = "open", **more: Any) -> dict[str, Any]:
    return {
        "id": f"O-{n}",
        "product": "drive-shaft",
        "quantity": 100,
        "release": now - HOUR_US,
        "due": now + int(due_h * HOUR_US),
        "priority": 3,
        "late_cost_h": 60.0,
        "state": state,
        "who": "Early",
        "added": now - 2 * HOUR_US,
        "note": "",
        "steps": [dict(STEP) for _ in range(3)],
        **more,
    }


class Ordered:
    """Orders and a plan in the store of an invented plant."""

    def __init__(self, fake: FakePlant) -> None:
        self.fake, self.store = fake, fake.store
        self.now = self.store.clock().plant_now(fake.wall_us)
        self.put({})
        self.plan([])

    def put(self, orders: dict[str, Any]) -> None:
        gone = dict.fromkeys(self.store.documents("orders"))
        kept = {k: json.dumps(o).encode() for k, o in orders.items()}
        self.store.set_documents("orders", gone | kept)

    def add(self, *orders: dict[str, Any]) -> None:
        self.put({o["id"]: o for o in orders})

    def plan(self, ends: list[tuple[str, float]], **more: Any) -> None:
        operations = [
            {"order": o, "step": n, "machine": "mill-08", "end": self.now + int(h * HOUR_US)}
            for n, (o, h) in enumerate(ends)
        ]
        text = json.dumps({"operations": operations, "services": []} | more).encode()
        self.store.set_documents("schedule", {"in_force": text, "proposed": None})

    @property
    def snapshot(self) -> Snapshot:
        read = read_snapshot(self.store, self.fake.plant, 1, self.fake.wall_us)
        return read._replace(
            orders=_read(self.store, "orders"), schedule=_read(self.store, "schedule")
        )


def _read(store: Store, kind: str) -> dict[str, Any]:
    return {name: json.loads(text) for name, text in store.documents(kind).items()}


@pytest.fixture
def ordered(fake: FakePlant) -> Ordered:
    return Ordered(fake)


def test_an_order_is_done_when_its_last_operation_is_and_late_by_the_rest(ordered: Ordered) -> None:
    ordered.add(
        an_order(ordered.now, 1, 10), an_order(ordered.now, 2, 10), an_order(ordered.now, 3, 9)
    )
    ordered.plan([("O-1", 4), ("O-1", 12.5), ("O-2", 8)])
    rows = orders_state(ordered.snapshot)["orders"]
    assert (rows["O-1"]["late_h"], rows["O-2"]["late_h"]) == (2.5, -2.0)
    assert rows["O-1"]["due"] == "2026-03-02T17:00"  # ten hours after 06:00 UTC, in Berlin
    assert rows["O-1"]["end"] == "2026-03-02T19:30"
    assert "late_h" not in rows["O-3"]  # not planned: nobody knows


def test_an_order_ends_as_the_plan_runs_and_not_as_it_was_made(ordered: Ordered) -> None:
    """Behind itself, or another plan's: what is kept up of a plan holds for that plan alone."""
    ordered.add(an_order(ordered.now, 1, 10))
    ordered.plan([("O-1", 4)], version=3)
    run = {"order": "O-1", "step": 0, "machine": "mill-08", "end": ordered.now + 12 * HOUR_US}
    for version, late_h in ((3, 2.0), (2, -6.0)):
        kept = {"version": version, "operations": [run], "services": []}
        ordered.store.set_documents("schedule", {"in_force_now": json.dumps(kept).encode()})
        assert orders_state(ordered.snapshot)["orders"]["O-1"]["late_h"] == late_h


def test_what_the_plan_says_of_late_and_left_out_orders_is_passed_on(ordered: Ordered) -> None:
    ordered.add(an_order(ordered.now, 1, 1), an_order(ordered.now, 2, 1))
    late = [{"order": "O-1", "late_h": 3, "reason": "machine_busy", "by": "mill-08"}]
    out = [{"order": "O-2", "reason": "horizon", "by": None}]
    ordered.plan([("O-1", 4)], late=late, left_out=out)
    state = orders_state(ordered.snapshot)
    assert state["orders"]["O-1"].items() >= {"why": "machine_busy", "by": "mill-08"}.items()
    assert state["orders"]["O-2"].items() >= {"why": "horizon", "left_out": True}.items()
    assert set(state["machines"]) == {"mill-08"}


def test_an_order_that_came_since_is_where_the_proposed_plan_has_it(ordered: Ordered) -> None:
    ordered.add(an_order(ordered.now, 1, 9), an_order(ordered.now, 2, 9))
    ordered.plan([("O-1", 4)])
    ends = {"O-1": 7, "O-2": 8}
    plan = [{"order": o, "step": 0, "end": ordered.now + h * HOUR_US} for o, h in ends.items()]
    text = json.dumps({"operations": plan}).encode()
    ordered.store.set_documents("schedule", {"proposed": text})
    rows = orders_state(ordered.snapshot)["orders"]
    assert [rows[o]["late_h"] for o in ends] == [-5.0, -1.0]
    assert [rows[o].get("proposed") for o in ends] == [None, True]


def test_a_done_order_is_judged_by_when_it_was_done(ordered: Ordered) -> None:
    done = an_order(ordered.now, 1, -5, "done", closed=ordered.now - 2 * HOUR_US)
    ordered.add(done)
    ordered.plan([("O-1", 99)])
    row = orders_state(ordered.snapshot)["orders"]["O-1"]
    assert row["late_h"] == 3.0
    assert "overdue" not in row


def test_steps_tell_state_machine_and_pieces(ordered: Ordered) -> None:
    steps = [
        {"state": "done", "machine": "mill-08", "start": 1, "end": 2},
        {"state": "running", "machine": "press-01", "start": 3, "end": None, "quantity_done": 40},
        dict(STEP),
    ]
    ordered.add(an_order(ordered.now, 1, 5, steps=steps))
    row = orders_state(ordered.snapshot)["orders"]["O-1"]
    assert row["steps"] == [
        ["done", "mill-08", 100, None],
        ["running", "press-01", 40, None],
        ["waiting", None, 0, None],
    ]


def test_a_step_whose_pieces_nobody_counts_is_as_far_as_the_plan_has_it(ordered: Ordered) -> None:
    running = {"state": "running", "machine": "mill-08", "end": None}
    for begun_h, share in ((1, 0.25), (0, 0.0), (90, 0.95)):
        step = running | {"start": ordered.now - begun_h * HOUR_US}
        ordered.add(an_order(ordered.now, 1, 5, steps=[step]))
        ordered.plan([("O-1", 3)])
        row = orders_state(ordered.snapshot)["orders"]["O-1"]
        assert row["steps"][0][3] == share


def test_open_orders_are_all_shown_and_of_closed_ones_the_newest(ordered: Ordered) -> None:
    now, n = ordered.now, CLOSED_SHOWN + 5
    closed = [an_order(now, k, 1, "done", closed=now - k) for k in range(n)]
    ordered.add(*closed, an_order(now, 900, 5), an_order(now, 901, 4))
    state = orders_state(ordered.snapshot)
    assert list(state["orders"])[:3] == ["O-901", "O-900", "O-0"]
    assert (len(state["orders"]), state["more"]) == (CLOSED_SHOWN + 2, 5)


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({}, ["O-1", "O-3", "O-2"]),
        ({"state": "late"}, ["O-1", "O-2"]),
        ({"state": "cancelled"}, ["O-4"]),
        ({"state": "all", "priority": "1"}, ["O-2", "O-4"]),
        ({"text": "传动轴"}, ["O-1", "O-3", "O-2"]),
        ({"text": "Urgent"}, ["O-3"]),
        ({"product": "bracket"}, []),
    ],
)
def test_the_list_holds_what_the_filters_of_the_page_leave(
    ordered: Ordered, filters: dict[str, str], ids: list[str]
) -> None:
    now = ordered.now
    ordered.add(
        an_order(now, 1, -2),  # overdue and not planned
        an_order(now, 2, 9, priority=1),
        an_order(now, 3, 8, note="urgent"),
        an_order(now, 4, 8, "cancelled", priority=1, closed=now),
    )
    ordered.plan([("O-2", 10), ("O-3", 7)])
    _, rows = order_list(ordered.snapshot, OrderFilters(**filters), translator("en"), "en")
    assert [row[0] for row in rows] == ids


# --- the addresses -------------------------------------------------------------------------------
@pytest.fixture
def site(app: PlantTwin, ordered: Ordered, monkeypatch: pytest.MonkeyPatch) -> PlantTwin:
    """Its reader goes by the wall's clock, sixty times as fast: what lies ahead is far ahead."""
    assert ordered.now
    add_everybody(app.reader.store, monkeypatch)
    app.reader.tick()
    return app


def looked_at(browser: FlaskClient, text: str | bytes) -> Any:
    return browser.post("/orders/preview", data=text, content_type="text/csv", headers=OURS)


def test_the_example_is_read_and_imported_as_it_is(site: PlantTwin) -> None:
    browser = signed_in(site, "manager")
    example = browser.get("/export/orders-example.csv").get_data()
    rows = looked_at(browser, example).get_json()["rows"]
    assert len(rows) == 3
    details = [row["detail"] for row in rows]
    answer = do(browser, "order.import", detail={"orders": details})
    assert answer.get_json()["undoable"] is True
    (kept,) = [unpack_action(text) for _, text in site.reader.store.actions(b"0-0", 9)]
    assert kept.detail["orders"] == details
    assert (kept.verb, kept.who) == ("order.import", "A manager")


def test_the_list_that_was_downloaded_can_be_imported_elsewhere(
    site: PlantTwin, ordered: Ordered
) -> None:
    ordered.add(an_order(ordered.now, 1, 10, priority=2, note="=SUM(A1)"))
    site.reader.tick()
    browser = signed_in(site, "manager")
    for language in ("en", "zh"):
        browser.set_cookie("language", language)
        text = browser.get("/export/orders.csv").get_data(as_text=True)
        (row,) = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
        assert "O-1" in row.values()
        (seen,) = looked_at(browser, text.replace("O-1", "P-1").encode()).get_json()["rows"]
        told = {k: seen["detail"][k] for k in ("product", "quantity", "due", "priority")}
        order = ordered.snapshot.orders["O-1"]
        assert told == {k: order[k] for k in told}


@pytest.mark.parametrize(("language", "said"), [("en", "want one of gearbox"), ("zh", "以下之一")])
def test_what_is_wrong_with_a_row_is_said_in_the_readers_language(
    site: PlantTwin, language: str, said: str
) -> None:
    browser = signed_in(site, "manager")
    browser.set_cookie("language", language)
    text = "product;quantity;due;colour\nlid;5;2150-03-09;red\nbracket;5;2150-03-09;\n"
    told = looked_at(browser, text).get_json()
    bad, good = told["rows"]
    assert bad["faults"][0][0] == "product"
    assert said in bad["faults"][0][1]
    assert good["times"] == {"release": None, "due": "2150-03-10T00:00"}
    assert told["ignored"] == ["colour"]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"a;b\n1;2\n", 422), (b"\xff\xfe\xff", 422), (b"", 422), (b"x" * (5 << 20), 413)],
)
def test_a_file_that_is_no_table_of_orders_is_refused_in_words(
    site: PlantTwin, body: bytes, status: int
) -> None:
    answer = looked_at(signed_in(site, "manager"), body)
    assert answer.status_code == status
    assert answer.get_json()["says"]


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_who_may_not_import_may_not_look_either(site: PlantTwin, role: str) -> None:
    answer = looked_at(signed_in(site, role), "product;quantity;due\n")
    assert (answer.status_code, answer.get_json()["role"]) == (403, "manager")


@pytest.mark.parametrize(
    ("verb", "detail", "status"),
    [
        ("order.add", {"product": "lid", "quantity": 1, "due": "2150-03-09T06:00"}, 409),
        ("order.add", {"product": "bracket", "quantity": 1, "due": "2026-03-01T06:00"}, 409),
        ("order.add", {"product": "bracket", "quantity": 1, "due": "2150-03-09", "id": "O-1"}, 409),
        ("order.add", {"product": "bracket", "quantity": 2.5, "due": "2150-03-09"}, 422),
        ("order.add", {"product": "bracket", "quantity": 1, "due": "2026-03-29T02:30"}, 422),
        ("order.add", {"product": "bracket", "quantity": 1, "due": "2150-03-09", "id": "a b"}, 422),
        ("order.add", {"product": "bracket", "quantity": 1, "due": "2150-03-09"}, 200),
        ("order.change", {"order": "O-9", "priority": 1}, 409),
        ("order.change", {"order": "O-1", "priority": 3}, 409),
        ("order.change", {"order": "O-1", "due": "2026-03-09T06:00"}, 200),
        ("order.cancel", {"order": "O-9", "reason": "x"}, 409),
        ("order.cancel", {"order": "O-1", "reason": ""}, 422),
        ("order.cancel", {"order": "O-1", "reason": "customer"}, 200),
    ],
)
def test_what_the_desk_would_refuse_is_refused_at_the_door_in_words(
    site: PlantTwin, ordered: Ordered, verb: str, detail: dict[str, Any], status: int
) -> None:
    ordered.add(an_order(ordered.now, 1, 10))
    site.reader.tick()
    answer = do(signed_in(site, "manager"), verb, detail=detail)
    assert answer.status_code == status
    assert status == 200 or answer.get_json()["says"]


def test_every_fault_of_a_row_has_words() -> None:
    assert set(wanted_names(translator("zh"))) == set(WANTED)
    assert wanted_names(translator("en"))["quantity"] == WANTED["quantity"]


def test_the_page_and_its_guide_are_served_and_nothing_below_them(site: PlantTwin) -> None:
    browser = signed_in(site, "viewer")
    for path, name in (("/orders", "orders"), ("/orders/import", "orders-import")):
        page = route(path, site.reader, "en")
        assert getattr(page, "data-page") == name
        assert browser.get(path).status_code == 200
    assert getattr(route("/orders/x", site.reader, "en"), "data-nowhere")
