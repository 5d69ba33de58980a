"""Schedule: who does what when, what is suggested and why, and what another plan would cost."""

from dash import Dash, html
from dash.development.base_component import Component

from dashboard.components.shell import panel
from dashboard.components.tabs import csv_link, tab_list
from dashboard.data import Reader
from dashboard.data.schedule import PlanReader
from dashboard.i18n import Translate
from dashboard.pages.visit import Visit
from dashboard.routes import schedule_routes
from dashboard.states.schedule.schedule_state import schedule_state

__all__ = ["VIEWS", "register", "show"]

VIEWS = ("chart", "table", "compare", "late")


def show(visit: Visit) -> Component | None:
    """Empty places that the script fills from /live/schedule and the bars it fetches."""
    if visit.name:
        return None
    t = visit.t
    title = t("Schedule")
    view = visit.query.get("view", "")
    return html.Div(
        [
            html.Div(
                [
                    html.H1(title, tabIndex=-1),
                    html.P(className="plan-line", role="status", **{"data-list": "plan-line"}),
                    _onward(t),
                ],
                className="head plain-head",
            ),
            html.Div(role="status", **{"data-list": "notices"}),
            html.Div(className="plan-terms", **{"data-list": "terms"}),
            html.Div(
                [
                    _plan(t),
                    html.Div(
                        [
                            html.Div(className="card-place", **{"data-list": "card"}),
                            _suggestions(t),
                        ],
                        className="schedule-side",
                    ),
                ],
                className="schedule-columns",
            ),
        ],
        key="schedule",
        id="content",
        className="page schedule-page",
        **{
            "data-page": "schedule",
            "data-stream": "/live/schedule",
            "data-title": title,
            "data-view": view if view in VIEWS else VIEWS[0],
        },
    )


def _onward(t: Translate) -> Component:
    """Pages that go on from the plan."""
    inside = {"/trade-offs": t("Trade-offs"), "/scenarios": t("What if, for the plan")}
    links = [html.A(text, href=href, **{"data-nav": "1"}) for href, text in inside.items()]
    links.append(html.A(t("Print"), href="/schedule/print"))
    links.append(html.Button(t("Calendars"), type="button", **{"data-calendars": "1"}))
    return html.Nav(links, className="plan-onward", **{"aria-label": t("From the plan on")})


def _plan(t: Translate) -> Component:
    """One view of the plan at a time, under filters that hold for all."""
    return html.Section(
        [
            html.H2(t("The plan"), className="hidden", id="h-plan"),
            html.Div(
                [_tabs(t), html.Div(className="filter-row", **{"data-list": "filters"})],
                className="plan-top",
            ),
            *(_view(name) for name in VIEWS),
            html.Div(csv_link(t, "schedule"), className="panel-foot"),
        ],
        className="panel plan-panel",
        **{"aria-labelledby": "h-plan"},
    )


def _tabs(t: Translate) -> Component:
    names = {
        "chart": t("Chart"),
        "table": t("Table"),
        "compare": t("Plan against plan"),
        "late": t("Late and left out"),
    }
    return tab_list(names, t("Views of the plan"), "view", "plan-tabs")


def _view(name: str) -> Component:
    return html.Div(
        className=f"plan-view view-{name}",
        id=f"view-{name}",
        role="tabpanel",
        hidden=True,
        **{"aria-labelledby": f"tab-{name}", "data-panel": name, "data-list": name},
    )


def _suggestions(t: Translate) -> Component:
    heading = [t("Suggestions"), html.Span(className="count", **{"data-list": "n-suggestions"})]
    body = html.Div(
        className="suggestions",
        tabIndex=0,
        role="region",
        **{"data-list": "suggestions", "aria-label": t("Suggestions")},
    )
    return panel(heading, body, name="suggested")


def register(app: Dash, reader: Reader) -> None:
    """Add /live/schedule and what the page's script asks for."""
    plans = PlanReader(reader.store)
    reader.add_feed("schedule", lambda snapshot: schedule_state(snapshot, plans.read(snapshot)))
    schedule_routes.register(app.server, reader, plans)
