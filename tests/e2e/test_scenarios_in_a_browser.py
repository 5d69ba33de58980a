"""The planner's what-ifs in a browser: added by keyboard, side by side, kept by the address."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from barriers import nothing_grave
from fake_schedule import TERMS, FakeSchedule
from lived_site import lived_site
from playwright.sync_api import Page, expect

from dashboard.data.plan_scenarios import AT_ONCE, KEPT_S, PlanScenarios
from dashboard.snapshot import Snapshot
from twin.errors import SchemaError

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]
SOON_MS = 10_000
DOWN = {"kind": "down", "machine": "mill-01", "until": "2026-03-06T12:00"}
WRONG = DOWN | {"machine": "mill-99"}
HELD = DOWN | {"machine": "mill-02"}


class Solver:
    """Keeps a plan at once, and plans anew at once too, but for what it is told to hold."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.holds = threading.Semaphore(0)

    def work(
        self, _snapshot: Snapshot, changes: Sequence[Any]
    ) -> tuple[float, Any, Callable[[], Any]]:
        """Each change costs 100 more where the plan is kept, 40 where it is planned anew."""
        if any(c.get("machine") == "mill-99" for c in changes):
            raise SchemaError("machine: got 'mill-99', want one of the plant's")
        kept = TERMS | {"total": TERMS["total"] + 100 * len(changes)}
        rush = any(c["kind"] == "rush" for c in changes)
        done = [{"order": "what-if-1", "end": "2026-03-05T18:00:00"}] if rush else []
        first = {"before": TERMS, "kept": kept, "rush_kept": done, "made": "2026-03-04T11:00:00"}
        until = time.monotonic() + KEPT_S
        return until, first, lambda: self.planned(changes) | {"rush": done}

    def planned(self, changes: Sequence[Any]) -> dict[str, Any]:
        if any(c.get("machine") == "mill-02" for c in changes):
            self.holds.release()
            assert self.release.wait(30)
        return {
            **{"nothing": TERMS, "after": TERMS | {"total": TERMS["total"] + 40 * len(changes)}},
            **{"is_kept": False, "is_searched": True, "n_moves": 0, "moves": [], "left_out": []},
            "n_late": 1,
            "late": [{"order": "A-1003", "late_h": 1.5, "reason": "breakdown", "by": "mill-01"}],
        }


@pytest.fixture(scope="module")
def asked() -> Iterator[tuple[str, Solver]]:
    solver = Solver()
    with pytest.MonkeyPatch.context() as patch, lived_site(hours=0.5) as (port, plant):
        patch.setattr(PlanScenarios, "_work", lambda _, *asked: solver.work(*asked))
        now = plant.store.clock().plant_now(plant.wall_us)
        FakeSchedule(plant.site.plant, now, 40).write(plant.store)
        has_plan(f"http://127.0.0.1:{port}/data/schedule/plan")
        yield f"http://127.0.0.1:{port}/scenarios", solver


def has_plan(url: str) -> None:
    """What was written is what screens show: who asks before is told that there is no plan."""
    for _ in range(1200):
        try:
            urlopen(url, timeout=60).close()
        except HTTPError:
            threading.Event().wait(0.05)
        else:
            return
    pytest.fail("the plan is not served")


def address(url: str, *scenarios: list[dict[str, Any]]) -> str:
    return f"{url}?ask={quote(json.dumps(scenarios))}"


def answered(page: Page, n: int) -> None:
    """So many scenarios stand beside the plan in force."""
    page.wait_for_selector("[data-page=scenarios][data-answered='1'] table")
    expect(page.locator("th.group")).to_have_count(n + 1)


def test_every_kind_is_added_by_keyboard_and_the_address_keeps_them(
    asked: tuple[str, Solver], open_page: Open
) -> None:
    page = open_page(asked[0])
    for n, kind in enumerate(("A rush order", "A machine is down", "An extra shift")):
        page.locator("section.scenario").nth(n).get_by_role("button", name=kind).focus()
        page.keyboard.press("Enter")
        page.get_by_role("dialog").get_by_role("button", name="Add", exact=True).focus()
        page.keyboard.press("Enter")
        answered(page, n + 1)
    page.locator("section.scenario").first.get_by_role("button", name="A service postponed").focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Add", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("section.scenario").first.locator("li")).to_have_count(2)
    answered(page, 3)
    total = page.locator("tbody tr").first.locator("td .detail")
    # Nothing happens; two changes; one; one: each kept, and planned anew.
    wanted = ["", "", "+€200", "+€80", "+€100", "+€40", "+€100", "+€40"]
    expect(total).to_have_text(wanted)
    expect(page.locator("tbody tr").last).to_contain_text("03-05 18:00")
    nothing_grave(page)
    page.reload()
    answered(page, 3)
    expect(total).to_have_text(wanted)
    page.get_by_role("button", name="Remove Mill 1 is down").press("Enter")
    answered(page, 2)


def test_a_wrong_scenario_says_so_and_others_stand(
    asked: tuple[str, Solver], open_page: Open
) -> None:
    page = open_page(address(asked[0], [WRONG], [DOWN]), "dark", "zh-CN", 375)
    answered(page, 2)
    expect(page.locator(".notice.alert")).to_contain_text("工厂没有这台机器")
    expect(page.locator("tbody tr").first).to_contain_text("+€100")
    page.locator(".scenario-note summary").press("Enter")
    expect(page.locator(".scenario-note li")).to_contain_text("1 号铣床")
    nothing_grave(page)


def test_what_the_plan_kept_comes_to_is_there_before_a_new_plan_is(
    asked: tuple[str, Solver], open_page: Open
) -> None:
    url, solver = asked
    page = open_page(address(url, [HELD]))
    total = page.locator("tbody tr").first
    expect(total.locator("td.first .detail")).to_have_text(["", "+€100"])
    expect(total.locator("td.reckoned")).to_have_text(["is being planned"] * 2)
    solver.release.set()
    answered(page, 1)
    expect(total.locator("td .detail")).to_have_text(["", "", "+€100", "+€40"])
    solver.release.clear()
    assert solver.holds.acquire(timeout=30)


def test_a_solver_that_hangs_holds_up_neither_other_pages_nor_more_than_its_threads(
    asked: tuple[str, Solver],
) -> None:
    url, solver = asked
    site = url.removesuffix("/scenarios")

    def ask(n: int) -> int:
        body = {"scenarios": [[HELD | {"until": f"2150-03-0{n}T12:00"}]]}
        asked_for = Request(site + "/data/plan-scenario", json.dumps(body).encode())
        asked_for.add_header("Origin", site)
        try:
            with urlopen(asked_for, timeout=60) as answer:
                answer.read()  # the plan kept comes at once, the rest when it is planned
                return int(answer.status)
        except HTTPError as error:
            return error.code

    with ThreadPoolExecutor(AT_ONCE) as readers:
        held = [readers.submit(ask, n + 1) for n in range(AT_ONCE)]
        n_held = sum(solver.holds.acquire(timeout=30) for _ in range(AT_ONCE))
        assert n_held == AT_ONCE, [answer.result() for answer in held if answer.done()]
        assert ask(9) == 429
        with urlopen(site + "/", timeout=60) as other:
            assert other.status == 200
        solver.release.set()
        assert [answer.result() for answer in held] == [200] * AT_ONCE
