"""Panels beside a machine's charts. Empty places that the script fills, with their titles."""

from dash import html
from dash.development.base_component import Component

from dashboard.components.shell import panel
from dashboard.i18n import Translate

__all__ = ["forecast_panels", "now_panels"]


def _place(name: str) -> Component:
    return html.Div(className=name, **{"data-list": name})


def now_panels(t: Translate) -> list[Component]:
    """What is: values against their normal range, the twin's own health, what happened."""
    return [
        panel(t("Now"), _place("bars"), _place("inputs"), name="now"),
        panel(t("Model health"), _place("health"), name="model"),
        panel(t("Events"), html.Ul(**{"data-list": "events"}), name="events"),
    ]


def forecast_panels(t: Translate) -> list[Component]:
    """What is expected: probability by horizon, remaining life, what drives it, what to do."""
    head = [t("Within"), t("Probability"), t("80 % range")]
    table = html.Table(
        [
            html.Thead(html.Tr([html.Th(text, scope="col") for text in head])),
            html.Tbody(**{"data-list": "risk"}),
        ],
        className="risk-table",
    )
    return [
        panel(t("Probability of failure"), table, _place("curve"), name="risk"),
        panel(t("Remaining life"), _place("life"), name="remaining"),
        panel(t("What drives the risk"), _place("drivers"), name="why"),
        panel(t("Failure modes"), _place("modes"), name="modes"),
    ]
