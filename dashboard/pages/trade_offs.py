"""Trade-offs: what a plan could give up to gain elsewhere, point by point, and which to adopt."""

from typing import get_args

from dash import Dash, html
from dash.development.base_component import Component

from dashboard.components.plan_head import plan_head
from dashboard.components.shell import panel
from dashboard.data import Reader
from dashboard.pages.visit import Visit
from dashboard.routes import trade_off_routes
from dashboard.states.schedule.trade_offs_state import trade_offs_state
from twin.details import Objective
from twin.scheduling.pareto.record import TRADED

__all__ = ["register", "show"]

OBJECTIVES = (*TRADED, *(name for name in get_args(Objective) if name not in TRADED))
"""What can be traded, the usual first."""


def show(visit: Visit) -> Component | None:
    """Empty places that the script fills from /live/trade-offs."""
    if visit.name:
        return None
    t, title = visit.t, visit.t("Trade-offs")
    return html.Div(
        [
            plan_head(t, title),
            html.Div(role="status", **{"data-list": "front-notices"}),
            panel(
                t("What to trade against each other"),
                html.Div(className="front-ask", **{"data-list": "front-ask"}),
                html.P(className="quiet", role="status", **{"data-list": "front-said"}),
                name="front-asked",
            ),
            html.Div(
                [
                    panel(
                        t("Plans that nothing beats in every respect"),
                        html.Div(className="filter-row", **{"data-list": "axes"}),
                        html.Div(className="front-chart", **{"data-list": "front-chart"}),
                        html.Div(className="front-card", **{"data-list": "front-card"}),
                        name="front",
                    ),
                    panel(
                        t("Plans side by side"),
                        html.Div(className="front-compare", **{"data-list": "front-compare"}),
                        name="front-chosen",
                    ),
                ],
                className="front-columns",
            ),
            panel(
                t("All plans"),
                html.Div(className="front-table", **{"data-list": "front-table"}),
                html.Div(
                    html.A(t("Download CSV"), href="/export/trade-offs.csv", className="csv"),
                    className="panel-foot",
                ),
                name="front-all",
            ),
        ],
        key="trade-offs",
        id="content",
        className="page front-page",
        **{"data-page": "tradeoffs", "data-stream": "/live/trade-offs", "data-title": title},
        **{"data-objectives": " ".join(OBJECTIVES), "data-usual": " ".join(TRADED)},
    )


def register(app: Dash, reader: Reader) -> None:
    """Add /live/trade-offs and the points as a file."""
    reader.add_feed("trade-offs", trade_offs_state)
    trade_off_routes.register(app.server, reader)
