"""Trade-offs in a browser: asked for, seen growing, chosen, compared, adopted and taken back."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from barriers import nothing_grave
from fake_schedule import TERMS, FakeSchedule
from lived_plant import LivedPlant
from lived_site import lived_site
from playwright.sync_api import Page, expect

from twin.pipeline.planning.written import FRONT_PLANS, FRONT_WISH

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]
SOON_MS = 10_000


class Front:
    """A plant with a desk, an invented plan, and a planner's search whose answers a test writes."""

    def __init__(self, port: int, plant: LivedPlant) -> None:
        self.url, self.store = f"http://127.0.0.1:{port}", plant.store
        self.now = plant.store.clock().plant_now(plant.wall_us)
        self.schedule = FakeSchedule(plant.site.plant, self.now, 40)
        self.schedule.write(self.store)

    def show(self, n: int, growing: bool, wish: str, **more: Any) -> None:
        """A front of so many points: each later by ten hours, and cheaper to run."""
        points = {f"p{k}": TERMS | _point(k) for k in range(n)}
        plan = json.dumps(self.schedule.proposed).encode()
        self.store.set_documents(FRONT_PLANS, dict.fromkeys(points, plan))
        front = {"made": self.now, "who": "Late Shift", "wish": wish, "growing": growing}
        front |= {"seconds": 6.0, "until_s": 60.0, "fault": None, "base": TERMS}
        front |= {"proven": not growing} | more
        front["points"] = [{"id": k, "plan": k, "terms": terms} for k, terms in points.items()]
        self.store.set_documents("schedule", {"front": json.dumps(front).encode()})

    def wish(self) -> dict[str, Any]:
        found = self.store.document("schedule", FRONT_WISH)
        assert found is not None
        return dict(json.loads(found))

    def in_force(self) -> dict[str, Any]:
        found = self.store.document("schedule", "in_force")
        assert found is not None
        return dict(json.loads(found))


def _point(k: int) -> dict[str, float]:
    more, less = {"late_h": 10.0 + 10 * k, "late_jobs": 2 + k}, {"energy": 2300.0 - 100 * k}
    return more | less | {"tardiness": 4000.0 + 300 * k, "total": 16200.0 + 200 * k}


def no_two_marks_read_the_same(page: Page) -> None:
    """On scales from a thousandth wide to a hundred thousand; orders are whole."""
    measures = ("total", "late_jobs", "late_h", "energy_kwh")
    spans = (0.002, 0.3, 1.0, 1.7, 4.0, 12.0, 250.0, 90_000.0)
    asked = [
        (m, a, a + b, n) for m in measures for a in (0, 3, 16_400.2) for b in spans for n in (2, 6)
    ]
    found = page.evaluate(
        """(asked) => asked.map(([name, low, high, most]) => {
          const { at, digits } = plantTwin.tradeTicks(name, low, high, most);
          return [at, at.map((v) => plantTwin.tradeText(name, v, "EUR", digits))];
        })""",
        asked,
    )
    for (name, low, high, most), (at, texts) in zip(asked, found, strict=True):
        assert len(set(texts)) == len(texts), (name, low, high, texts)
        assert all(low - 1e-4 * (high - low) <= v <= high + 1e-4 * (high - low) for v in at)
        assert name != "late_jobs" or all(v == round(v) for v in at)
        assert len(at) > 1 or name == "late_jobs" or most == 2, (name, low, high, texts)


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    with lived_site(hours=0.5) as (port, plant):
        yield Front(port, plant)


def test_asked_for_grown_chosen_adopted_and_taken_back_by_keyboard(
    front: Front, open_page: Open
) -> None:
    page = open_page(front.url + "/trade-offs")
    box, look = page.get_by_role("checkbox"), page.get_by_role("button", name="Look for trade-offs")
    expect(page.locator(".trades input:checked")).to_have_count(4)
    for name in ("Expected failure cost", "Cost of energy", "Cost of setups"):
        box.and_(page.get_by_label(name)).press("Space")
    expect(look).to_have_attribute("aria-disabled", "true")
    box.and_(page.get_by_label("Until all is done")).press("Space")
    look.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.keyboard.type("Late Shift")
    page.keyboard.press("Enter")
    said = page.locator('[data-list="front-said"]')
    expect(said).to_have_text("The planner begins to search.", timeout=SOON_MS)

    wish, traded = front.wish()["id"], ["tardiness", "makespan"]
    assert front.wish()["objectives"] == traded
    front.show(3, growing=True, wish=wish, objectives=traded)
    expect(page.locator(".front-point")).to_have_count(3, timeout=SOON_MS)
    expect(said).to_contain_text("3 plans so far, 6 s of 60 s")
    assert [page.locator(f"#axis-{x}").input_value() for x in "xy"] == ["tardiness", "makespan_h"]
    front.show(6, growing=False, wish=wish, objectives=traded)
    expect(page.locator('[data-searched="1"] .front-point')).to_have_count(6, timeout=SOON_MS)
    expect(said).to_contain_text("no better plan exists between these")

    page.locator('[data-point="p0"]').focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator('[data-list="front-card"]')).to_contain_text("30 h")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    heads = page.locator('[data-list="front-compare"] thead th')
    expect(heads).to_have_text(["Figure", "in force", "Plan 3", "Plan 4"])
    assert page.evaluate("document.activeElement.dataset.point") == "p3"

    page.reload()
    expect(heads).to_have_text(["Figure", "in force", "Plan 3", "Plan 4"], timeout=SOON_MS)
    before = front.in_force()
    page.get_by_role("button", name="Adopt plan 4").focus()
    page.keyboard.press("Enter")
    expect(heads).to_have_text(["Figure", "in force then", "Plan 3", "Plan 4"], timeout=SOON_MS)
    assert front.in_force()["point"] == "p3"
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(heads).to_have_text(["Figure", "in force", "Plan 3", "Plan 4"], timeout=SOON_MS)
    assert front.in_force()["version"] == before["version"]

    look.press("Enter")
    expect(said).to_contain_text("search anew", timeout=SOON_MS)
    expect(page.locator(".front-point")).to_have_count(6)
    nothing_grave(page)


def test_who_may_not_ask_sees_the_choice_and_cannot_make_it(front: Front, open_page: Open) -> None:
    page = open_page(front.url + "/trade-offs")
    page.evaluate("plantTwin.person.role = 'operator'")
    page.get_by_role("link", name="Schedule").last.click()
    page.get_by_role("link", name="Trade-offs").click()
    expect(page.locator(".trades input:not(:disabled)")).to_have_count(0)
    look = page.get_by_role("button", name="Look for trade-offs")
    expect(look).to_have_attribute("aria-disabled", "true")
    expect(page.locator(".front-ask")).to_contain_text("Needs the role manager")


def test_pointer_tells_and_chooses_and_figures_are_those_of_the_front(
    front: Front, open_page: Open
) -> None:
    front.show(4, growing=False, wish="w")
    front.store.set_documents("schedule", {"planning": b'{"compiling": true}', FRONT_WISH: None})
    page = open_page(front.url + "/trade-offs?x=tardiness&y=energy", "dark", "zh-CN", 375)
    heads = page.locator('[data-list="front-compare"] thead th')
    expect(page.locator(".notice")).to_contain_text("准备搜索")
    expect(heads.last).to_have_text("方案 1")  # the one that costs least, while none is chosen
    page.locator('[data-point="p1"]').hover()
    for figure in ("€16,400", "20 小时", "14,200 kWh"):
        expect(page.locator('[data-list="front-card"]')).to_contain_text(figure)
    page.locator('[data-point="p1"]').click()
    page.locator("#axis-y").select_option("energy_kwh")
    expect(page.locator(".front-point.chosen")).to_have_count(1)
    assert "y=energy_kwh" in page.url
    assert "points=p1" in page.url
    expect(heads.last).to_have_text("方案 2")
    cell = page.locator('[data-list="front-compare"] tbody tr', has_text="延误小时")
    expect(cell.locator("td").last).to_contain_text("20 小时")
    no_two_marks_read_the_same(page)
    nothing_grave(page)
