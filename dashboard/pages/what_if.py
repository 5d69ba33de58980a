"""What if: scenarios of one machine compared; the script fills in what this lays out."""

from urllib.parse import quote

from dash import Dash, html
from dash.development.base_component import Component

from dashboard.components.explorer_tabs import tabs
from dashboard.components.neighbours import machine_page, name_of
from dashboard.components.shell import panel
from dashboard.data import Reader
from dashboard.i18n import Translate, pick
from dashboard.pages.visit import Visit
from dashboard.routes import what_if_routes
from twin.plant import Machine

__all__ = ["explorer_head", "register", "show"]


def register(app: Dash, reader: Reader) -> None:
    """Add the routes that the page's script asks."""
    what_if_routes.register(app.server, reader)


def show(visit: Visit, machine: Machine) -> Component | None:
    """The page of one machine; the comparison is in the address and kept by the script."""
    t = visit.t
    main = [
        panel(t("What the sensor will read"), _place("fans", t("Working it out")), name="fans"),
        panel(t("Probability of having failed"), _place("chance"), name="chance"),
        panel(t("Side by side"), _place("table"), name="table"),
        panel(t("Saved comparisons"), _place("saved"), name="saved"),
        panel(t("How this is worked out"), _method(t), name="method"),
    ]
    return html.Div(
        [
            explorer_head(visit, machine, t("What if"), "what-if"),
            html.Div(className="notice", hidden=True, **{"data-list": "withheld"}),
            html.Div(
                [
                    html.Div(
                        panel(t("Scenarios"), _place("editor", t("Working it out")), name="editor"),
                        className="stack",
                    ),
                    html.Div(main, className="stack"),
                ],
                className="what-if-columns",
            ),
        ],
        key=f"what-if-{machine.id}",
        id="content",
        className="page what-if-page",
        **{
            "data-page": "whatif",
            "data-stream": "/live/frame",
            "data-machine": machine.id,
            "data-title": f"{name_of(machine, visit.language)} · {t('What if')}",
        },
    )


def explorer_head(visit: Visit, machine: Machine, view: str, active: str) -> Component:
    """Where one is, the machine's name, and the explorer's views."""
    t, plant = visit.t, visit.reader.plant
    line = next(x for x in plant.lines if x.id == machine.line)
    crumbs = [
        _link(pick(plant.plant.name, visit.language), "/"),
        _link(pick(line.name, visit.language) or line.id, f"/line/{quote(line.id)}"),
        _link(name_of(machine, visit.language), machine_page(machine)),
    ]
    return html.Div(
        [
            html.Div(
                [
                    html.Nav(crumbs, className="crumbs", **{"aria-label": t("Where you are")}),
                    html.H1(f"{name_of(machine, visit.language)} · {view}", tabIndex=-1),
                ],
                className="head",
            ),
            tabs(visit, machine.id, active),
        ]
    )


def _place(name: str, loading: str = "") -> Component:
    """What the script fills; `loading` is said until it has."""
    waiting = html.P(loading, className="loading") if loading else None
    return html.Div(waiting, className=f"what-if-{name}", **{"data-list": name})


def _link(text: str, href: str) -> Component:
    return html.A(text, href=href, **{"data-nav": "1"})


def _method(t: Translate) -> Component:
    """What the numbers are, for the engineer who doubts them."""
    points = [
        t(
            "Baseline: the inputs stay at their mean of the last 24 hours, a planned service takes "
            "place. Its curve is the failure model's own."
        ),
        t(
            "A changed input moves the level as it did in the history that was learnt from; if it "
            "was learnt to matter for wear, it also changes the slope from step to step. The other "
            "inputs stay as they are unless they are changed too, even where one follows another."
        ),
        t(
            "Probabilities of changed scenarios: the hazard is read along 256 paths of the state, "
            "the same ones for all scenarios, and scaled at each lead time so that unchanged paths "
            "give the failure model's curve. The paths' own error is in the interval."
        ),
        t(
            "After a service the machine is as new machines of its class were, at age 0. It fails "
            "once at most within the horizon."
        ),
        t(
            "Expected cost: probability of failure times its cost, a service times the probability "
            "of living to see it, and lost output in proportion to the load; at the class's mean "
            "load an hour brings its full value. What a renewed machine saves after the horizon is "
            "not counted."
        ),
    ]
    return html.Ul([html.Li(p) for p in points], className="method-list")
