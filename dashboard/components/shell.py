"""The frame around every page: name, live mark, clock, language, theme; counts at the foot."""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.i18n import Translate

__all__ = ["footer", "header", "panel"]


def header(t: Translate, language: str) -> Component:
    """Where one is, whether it is live, and the two switches. The script fills the live parts."""
    return html.Header(
        [
            html.A("Plant Twin", href="/", className="brand", **{"data-nav": "1"}),
            html.Nav(_tabs(t), className="tabs", **{"aria-label": t("Pages")}),
            html.Span(id="simulated", className="simulated", hidden=True),
            html.Div(
                [
                    html.Span(className="live-mark", **{"aria-hidden": "true"}),
                    html.Span(id="live-text"),
                ],
                id="live",
                className="live",
                role="status",
                **{"data-live": "connecting"},
            ),
            html.Span(id="clock", className="clock"),
            _switch(t("Language"), "language", [("en", "EN"), ("zh", "中文")], language),
            html.Button(t("Dark or light"), id="theme", className="plain", type="button"),
            html.Div(id="who", className="who"),
        ],
        className="top",
    )


def _tabs(t: Translate) -> list[Component]:
    """Links to the pages; the script marks where one is, and counts alarms behind theirs."""
    pages = {
        "/": t("Plant"),
        "/alarms": t("Alarms"),
        "/schedule": t("Schedule"),
        "/orders": t("Orders"),
        "/forecast": t("Forecasts"),
        "/record": t("Track record"),
        "/data": t("Data"),
        "/classes": t("Classes"),
        "/displays": t("Displays"),
    }
    return [
        html.A(
            [text, html.Span(className="tab-count", hidden=True)],
            href=href,
            className="tab",
            **{"data-nav": "1", "data-tab": href},
        )
        for href, text in pages.items()
    ]


def _switch(label: str, name: str, options: list[tuple[str, str]], chosen: str) -> Component:
    buttons = [
        html.Button(
            text,
            type="button",
            className="plain",
            lang={"en": "en", "zh": "zh-CN"}[code],
            **{f"data-{name}": code, "aria-pressed": "true" if code == chosen else "false"},
        )
        for code, text in options
    ]
    return html.Div(buttons, className="switch", role="group", **{"aria-label": label})


def footer(t: Translate) -> Component:
    """What came in and what was refused: bad input is counted where people see it."""
    return html.Footer(
        html.Div(
            id="status",
            className="status",
            role="group",
            **{"aria-label": t("State of the system")},
        ),
        className="foot",
    )


def panel(title: str | list[Any], *children: Component, name: str) -> Component:
    """A titled region of a page."""
    heading = f"h-{name}"
    return html.Section(
        [html.H2(title, id=heading), *children],
        className=f"panel {name}",
        **{"aria-labelledby": heading},
    )
