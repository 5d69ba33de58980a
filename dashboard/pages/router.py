"""Which page an address leads to, and the frame that all pages share."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote

from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dashboard import i18n, ids
from dashboard.components.shell import footer, header
from dashboard.data import Reader
from dashboard.pages import (
    alarms,
    classes,
    compare,
    data_page,
    displays,
    forecast,
    machine,
    orders,
    plant,
    record,
    residuals,
    scenarios,
    schedule,
    trade_offs,
    what_if,
)
from dashboard.pages.visit import Show, Visit

__all__ = ["PAGES", "register", "route"]

PAGES: Mapping[str, Show] = {
    "": plant.show,
    "line": plant.show_line,
    "alarms": alarms.show,
    "orders": orders.show,
    "schedule": schedule.show,
    "machine": machine.show,
    "forecast": forecast.show,
    "compare": compare.show,
    "classes": classes.show,
    "record": record.show,
    "data": data_page.show,
    "displays": displays.show,
    "trade-offs": trade_offs.show,
    "scenarios": scenarios.show,
}
"""First part of an address → its page."""


def register(app: Dash, reader: Reader, language: Callable[[], str]) -> None:
    """Give the application its layout and its callbacks."""

    def layout() -> Component:
        t = i18n.translator(language())
        return html.Div(
            [
                dcc.Location(id=ids.LOCATION),
                html.A(t("Skip to content"), href="#content", className="skip"),
                header(t, language()),
                html.Main(id=ids.PAGE),
                footer(t),
            ],
            className="shell",
        )

    app.layout = layout

    @app.callback(
        Output(ids.PAGE, "children"),
        Input(ids.LOCATION, "pathname"),
        Input(ids.LOCATION, "search"),
    )
    def show(pathname: str | None, search: str | None) -> Any:
        query = dict(parse_qsl((search or "").lstrip("?")))
        return route(pathname or "/", reader, language(), query)

    machine.register(app, reader)
    forecast.register(app, reader)
    what_if.register(app, reader)
    residuals.register(app, reader)
    compare.register(app, reader)
    plant.register(app, reader, language)
    data_page.register(app, reader, language)
    alarms.register(app, reader, language)
    orders.register(app, reader, language)
    record.register(app, reader)
    trade_offs.register(app, reader)
    scenarios.register(app, reader)
    schedule.register(app, reader)


def route(
    pathname: str, reader: Reader, language: str, query: Mapping[str, str] = MappingProxyType({})
) -> Component:
    """The page of an address; one that leads nowhere says so."""
    t = i18n.translator(language)
    kind, _, rest = pathname.strip("/").partition("/")
    page = PAGES.get(kind)
    found = page(Visit(t, language, reader, unquote(rest), query)) if page else None
    if found is not None:
        return found
    nowhere = t("There is nothing at this address")
    return html.Div(
        [html.H1(nowhere), html.A(t("Back to the plant"), href="/")],
        className="panel",
        id="content",
        **{
            "data-nowhere": "1",
            "data-title": f"{nowhere} · Plant Twin",
        },
    )
