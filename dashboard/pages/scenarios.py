"""What if, for planners: a rush order, a stop, an extra shift, a service postponed."""

from dash import Dash, html
from dash.development.base_component import Component

from dashboard.components.plan_head import plan_head
from dashboard.components.shell import panel
from dashboard.data import Reader
from dashboard.pages.visit import Visit
from dashboard.routes import scenario_routes
from dashboard.states.scenarios_state import scenarios_state

__all__ = ["register", "show"]


def show(visit: Visit) -> Component | None:
    """Empty places that the script fills; what is asked is in the address."""
    if visit.name:
        return None
    t, title = visit.t, visit.t("What if, for the plan")
    method = t(
        "Kept: the plan in force as it would run then, nothing moved that need not be; the "
        "difference is to the plan in force. Planned anew: the best that three seconds find; the "
        "difference is to what planning anew finds where nothing happens. The plan in force stays."
    )
    return html.Div(
        [
            plan_head(t, title),
            html.Div(role="status", **{"data-list": "scenarios-notices"}),
            html.Div(
                [
                    panel(
                        t("Scenarios"),
                        html.Div(**{"data-list": "scenarios-editor"}),
                        html.P(method, className="quiet"),
                        name="scenarios",
                    ),
                    panel(
                        t("Side by side"),
                        html.Div(role="status", **{"data-list": "scenarios-table"}),
                        name="scenarios-answer",
                    ),
                ],
                className="scenario-columns",
            ),
        ],
        key="scenarios",
        id="content",
        className="page scenarios-page",
        **{"data-page": "scenarios", "data-stream": "/live/scenarios", "data-title": title},
    )


def register(app: Dash, reader: Reader) -> None:
    """Add /live/scenarios and what the page asks for."""
    reader.add_feed("scenarios", scenarios_state)
    scenario_routes.register(app.server, reader)
