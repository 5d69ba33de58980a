"""The head of pages that go on from the schedule: the way back, and where one is."""

from dash import html
from dash.development.base_component import Component

from dashboard.i18n import Translate

__all__ = ["plan_head"]


def plan_head(t: Translate, title: str, *more: Component) -> Component:
    """`more` stands beside the title."""
    back = html.A(t("Schedule"), href="/schedule", **{"data-nav": "1"})
    crumbs = html.Nav([back], className="crumbs", **{"aria-label": t("Where you are")})
    return html.Div([crumbs, html.H1(title, tabIndex=-1), *more], className="head")
