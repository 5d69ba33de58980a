"""What no page may have: a serious barrier, or something wider than the screen."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

__all__ = ["nothing_grave"]


def nothing_grave(page: Page) -> None:
    """As it stands now, for axe and for the screen's width."""
    found = Axe().run(page).response["violations"]
    grave = [v for v in found if v["impact"] in {"serious", "critical"}]
    assert [(v["id"], v["nodes"]) for v in grave] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
