"""Key figures: name, value with unit, trend and aim. The script fills the values."""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.i18n import Translate

__all__ = ["KPIS", "kpi_card", "kpi_row"]

KPIS = ("running", "stops", "lost", "attention", "complete")


def _names(t: Translate) -> dict[str, tuple[str, str]]:
    return {
        "running": (t("Machines available"), ""),
        "stops": (t("Expected stops, 24 h"), t("stops")),
        "lost": (t("Lost output forecast, 24 h"), t("% of plan")),
        "attention": (t("Need attention"), t("machines")),
        "complete": (t("Data complete"), "%"),
    }


def kpi_card(t: Translate, key: str) -> Component:
    """One figure, a key of KPIS."""
    name, unit = _names(t)[key]
    off: dict[str, Any] = {"data-f": "off", "hidden": True}
    return html.Div(
        [
            html.Div(
                [name, html.Span(t("off target"), className="off-mark", **off)],
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
        **{"data-kpi": key},
    )


def kpi_row(t: Translate) -> Component:
    """All key figures."""
    return html.Section(
        [kpi_card(t, key) for key in KPIS],
        className="kpis",
        **{"aria-label": t("Key figures")},
    )
