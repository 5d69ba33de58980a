"""Key figures: name, value with unit, trend and aim, and where each comes from."""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.i18n import Translate

__all__ = ["KPIS", "kpi_card", "kpi_row"]

KPIS = ("running", "stops", "lost", "oee", "complete")


def _names(t: Translate) -> dict[str, tuple[str, str]]:
    """Name and unit; a unit that depends on the value is the script's."""
    return {
        "running": (t("Machines running"), ""),
        "stops": (t("Expected stops, 24 h"), t("stops")),
        "lost": (t("Lost output forecast, 24 h"), t("% of plan")),
        "oee": (t("OEE, last 24 h"), ""),
        "complete": (t("Data complete"), "%"),
    }


def _sources(t: Translate) -> dict[str, list[str]]:
    """What each figure is, in whole sentences."""
    return {
        "running": [
            t("Machines that send data, have not failed and are not idle."),
            t("In the plant's pauses none needs to run, and the target rests."),
        ],
        "stops": [
            t("Sum over machines of the probability to fail within 24 hours."),
            t("In 80 of 100 such days the number of stops lies within the range."),
            t("Silent and failed machines are not forecast."),
        ],
        "lost": [
            t("Output that failures of the next 24 hours are expected to cost, of a day's output."),
            t("Each machine counts by the value of what it makes in an hour."),
        ],
        "oee": [
            t("Availability × performance × quality, as ISO 22400-2 defines them."),
            t("Availability: time producing, of the time planned to produce."),
            t("Performance: measured rate, of the nominal rate, while producing."),
            t("Quality: share made within tolerance, where it is measured."),
            t("Setup ratio: time setting up, of the time setting up and producing."),
            t("Planned services and pauses are not planned time; failures are lost time."),
        ],
        "complete": [
            t("Share of all sensors and inputs whose newest reading came and can be believed."),
        ],
    }


def kpi_card(t: Translate, key: str) -> Component:
    """One figure, a key of KPIS."""
    name, unit = _names(t)[key]
    off: dict[str, Any] = {"data-f": "off", "hidden": True}
    return html.Div(
        [
            html.Div(
                [
                    html.Span(name, id=f"kpi-{key}"),
                    html.Span(t("off target"), className="off-mark", **off),
                    _where(t, key, name),
                ],
                className="kpi-name",
            ),
            html.Div(
                [
                    html.Span(className="kpi-value", **{"data-f": "value"}),
                    html.Span(unit, className="kpi-unit", **({} if unit else {"data-f": "unit"})),
                ],
                className="kpi-line",
            ),
            html.Div(
                [
                    html.Span(className="spark", **{"data-f": "trend"}),
                    html.Span(className="kpi-note", **{"data-f": "note"}),
                ],
                className="kpi-foot",
            ),
        ],
        className="kpi panel",
        role="group",
        **{"data-kpi": key, "aria-labelledby": f"kpi-{key}"},
    )


def _where(t: Translate, key: str, name: str) -> Component:
    """Opens what the figure is and what it is made of now."""
    label = t("Where this comes from: {name}").format(name=name)
    parts, links = [], []
    if key == "oee":
        parts = [html.Ul(className="where-now", **{"data-f": "more"})]
        links = [html.A(t("Download CSV"), href="/export/oee.csv", className="csv")]
    return html.Details(
        [
            html.Summary("?", **{"aria-label": label}),
            html.Div(
                [*parts, *(html.P(text) for text in _sources(t)[key]), *links],
                className="where-text",
            ),
        ],
        className="where",
    )


def kpi_row(t: Translate) -> Component:
    """All key figures."""
    return html.Section(
        [kpi_card(t, key) for key in KPIS],
        className="kpis",
        **{"aria-label": t("Key figures")},
    )
