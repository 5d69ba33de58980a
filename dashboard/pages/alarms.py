"""Alarms: what calls somebody now, what is put aside and until when, and how good the system is."""

from collections.abc import Callable
from functools import partial

from dash import Dash, html
from dash.development.base_component import Component
from flask import Response, abort, request

from dashboard import i18n
from dashboard.components.tabs import csv_link, tab_list
from dashboard.data import Reader
from dashboard.exports import csv_response
from dashboard.i18n import Translate
from dashboard.pages.visit import Visit
from dashboard.routes import alarm_checks
from dashboard.states.alarms.alarm_lists import alarm_list, filters_of, journal_list
from dashboard.states.alarms.alarm_state import alarms_state
from dashboard.times import local

__all__ = ["register", "show"]

TABS = ("active", "shelved", "out", "suppressed", "journal", "system")


def show(visit: Visit) -> Component | None:
    """Empty places that the script fills from /live/alarms."""
    if visit.name:
        return None
    t = visit.t
    title = t("Alarms")
    tab = visit.query.get("tab", "")
    return html.Div(
        [
            html.Div([html.H1(title, tabIndex=-1)], className="head plain-head"),
            html.Div(className="flood", role="status", **{"data-list": "flood"}),
            tab_list(_names(t), t("Lists of alarms"), "list"),
            html.Div(className="filter-row", **{"data-list": "filters"}),
            *(_section(t, name) for name in TABS),
            html.P(
                [
                    t("A forecast of a failure is no alarm: it asks for a decision."),
                    " ",
                    html.A(t("Work list"), href="/", **{"data-nav": "1"}),
                ],
                className="quiet",
            ),
        ],
        key="alarms",
        id="content",
        className="page alarms-page",
        **{
            "data-page": "alarms",
            "data-stream": "/live/alarms",
            "data-title": title,
            "data-tab": tab if tab in TABS else TABS[0],
        },
    )


def _names(t: Translate) -> dict[str, str]:
    return {
        "active": t("Active"),
        "shelved": t("Shelved"),
        "out": t("Out of service"),
        "suppressed": t("Suppressed by design"),
        "journal": t("Journal"),
        "system": t("The alarm system itself"),
    }


def _section(t: Translate, name: str) -> Component:
    csv = {"active": "alarms", "journal": "journal"}.get(name)
    head = html.Div(
        [
            html.Div(className="alarm-do", **{"data-list": f"do-{name}"}),
            *([csv_link(t, csv)] if csv else []),
        ],
        className="alarm-bar",
    )
    keys = t("Keys: arrows move, A acknowledges, S shelves, Enter opens the machine.")
    return html.Section(
        [
            head,
            html.Div(className="alarm-body", **{"data-list": name}),
            *([html.P(keys, className="quiet")] if name == "active" else []),
        ],
        className="panel alarm-panel",
        id=f"list-{name}",
        role="tabpanel",
        hidden=True,
        **{"aria-labelledby": f"tab-{name}", "data-panel": name},
    )


def register(app: Dash, reader: Reader, language: Callable[[], str]) -> None:
    """Add /live/alarms, /export/alarms.csv and /export/journal.csv."""
    assert alarm_checks.can_shelve  # importing it is what tells /do of the checks
    reader.add_feed("alarms", alarms_state)
    lists = {"alarms": alarm_list, "journal": journal_list}

    def export(name: str) -> Response:
        snapshot = reader.latest
        if snapshot is None:
            abort(503)
        t = i18n.translator(language())
        header, rows = lists[name](snapshot, filters_of(request.args), t, language())
        moment = local(snapshot.plant_us, snapshot.plant.zone).strftime("%Y-%m-%d-%H%M")
        return csv_response(f"{name}-{moment}", header, rows)

    for name in lists:
        app.server.add_url_rule(f"/export/{name}.csv", f"export_{name}", partial(export, name))
