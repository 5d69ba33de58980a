"""The explorer's views of one machine: links, so that each has an address."""

from typing import Protocol
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from dashboard.i18n import Translate

__all__ = ["tabs"]


class _Visit(Protocol):
    @property
    def t(self) -> Translate: ...


def tabs(visit: _Visit, machine_id: str, active: str) -> Component:
    """Tab strip above the explorer's views; active: 'history', 'what-if' or 'residuals'."""
    base = f"/forecast/{quote(machine_id)}"
    views = [
        ("history", base, visit.t("History and forecast")),
        ("what-if", f"{base}/what-if", visit.t("What if")),
        ("residuals", f"{base}/residuals", visit.t("Residuals")),
    ]
    links = [
        html.A(
            text,
            href=href,
            **{"data-nav": "1", **({"aria-current": "page"} if name == active else {})},
        )
        for name, href, text in views
    ]
    return html.Nav(links, className="explorer-tabs", **{"aria-label": visit.t("Views")})
