"""Panels of a machine's page. Empty places that the scripts fill, with their titles."""

from dash import html
from dash.development.base_component import Component

from dashboard.components.shell import panel
from dashboard.i18n import Translate

__all__ = ["brief", "forecast_panels", "history_panels", "now_panels"]


def _place(name: str) -> Component:
    return html.Div(className=name, **{"data-list": name})


def _table(name: str, head: list[str], title: str = "") -> Component:
    """A table whose rows the script writes; the first column names them.

    title: of a table wider than a phone, which then scrolls, from the keyboard too.
    """
    scrolls = {"role": "group", "tabIndex": 0, "aria-label": title} if title else {}
    return html.Div(
        html.Table(
            [
                html.Thead(html.Tr([html.Th(text, scope="col") for text in head])),
                html.Tbody(**{"data-list": name}),
            ],
            className=f"plain-table {name}-table",
        ),
        className="table-place",
        **scrolls,
    )


def brief(t: Translate) -> Component:
    """What whoever stands in front of the machine must know first: state, why, what to do."""
    parts = {"state": t("State"), "why": t("Why"), "todo": t("What to do")}
    return html.Section(
        [
            html.Div(
                [html.H2(title), html.Div(**{"data-list": f"brief-{name}"})],
                className=f"brief-part brief-{name}",
            )
            for name, title in parts.items()
        ]
        + [
            html.Div(
                role="group",
                className="machine-actions",
                **{"data-list": "actions", "aria-label": t("What you can do here")},
            )
        ],
        className="panel brief",
        **{"aria-label": t("In short")},
    )


def now_panels(t: Translate) -> list[Component]:
    """What is: alarms, values against their normal range, the twin's own health."""
    return [
        html.Div(
            panel(t("Alarms of this machine"), _place("alarms"), name="own-alarms"),
            className="own-alarms-place",
            hidden=True,
        ),
        panel(t("Now"), _place("bars"), _place("inputs"), name="now"),
        panel(t("Model health"), _place("health"), _place("health-past"), name="model"),
    ]


def forecast_panels(t: Translate, explorer: str) -> list[Component]:
    """What is expected: a sensor's way ahead, probability by horizon, remaining life, why.

    explorer: address of the machine's forecasts in every detail.
    """
    head = [t("Within"), t("Probability"), t("80 % range")]
    return [
        panel(t("Where it is going"), _place("ahead"), _onward(t, explorer), name="going"),
        panel(
            t("Probability of failure"),
            _table("risk", head, t("Probability of failure")),
            _place("curve"),
            name="risk",
        ),
        panel(t("Remaining life"), _place("life"), name="remaining"),
        panel(t("What drives the risk"), _place("drivers"), name="why"),
        panel(t("What happened"), _place("log-kinds"), _place("log"), name="history"),
    ]


def _onward(t: Translate, explorer: str) -> Component:
    """Links to what else can be asked of the future."""
    ways = {"": t("Every forecast in detail"), "/what-if": t("What if …")}
    links = [html.A(text, href=explorer + way, **{"data-nav": "1"}) for way, text in ways.items()]
    return html.Div(links, className="onward")


def history_panels(t: Translate) -> list[Component]:
    """Under the charts: ways to fail, what happened, services, what the sensors are worth."""
    quality = [
        t("Sensor"),
        t("Good"),
        t("Uncertain"),
        t("Bad"),
        t("Missing"),
        t("Not believed"),
        t("Last good"),
    ]
    services = [t("Start"), t("Duration"), t("For"), t("State"), t("By"), t("Change")]
    return [
        panel(t("Failure modes side by side"), _place("modes"), name="modes"),
        panel(t("Services"), _table("services", services, t("Services")), name="serviced"),
        panel(
            t("Quality of the sensors"),
            _table("quality", quality, t("Quality of the sensors")),
            _place("quality-said"),
            name="told",
        ),
    ]
