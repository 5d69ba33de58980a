"""The track record: what was said, what came of it, and what a person may do about a model."""

from dash import Dash, html
from dash.development.base_component import Component

from dashboard.components.shell import panel
from dashboard.data import Reader
from dashboard.i18n import Translate
from dashboard.pages.visit import Visit
from dashboard.routes import record_routes
from dashboard.states.record_state import record_state
from twin.core.view import HORIZONS

__all__ = ["register", "show"]


def register(app: Dash, reader: Reader) -> None:
    """Stream the page's state, and let its lists leave as CSV."""
    reader.add_feed("record", record_state)
    record_routes.register(app.server, reader)


def show(visit: Visit) -> Component | None:
    """Empty places that the script fills from /live/record; the query chooses what is shown."""
    if visit.name:
        return None
    t, query, classes = visit.t, visit.query, visit.reader.plant.classes
    chosen = query.get("class", "")
    chosen = chosen if chosen in classes else next(iter(classes), "")
    horizon = query.get("horizon", "day")
    horizon = horizon if horizon in HORIZONS else "day"
    version = query.get("version", "all")
    title = t("Track record")
    return html.Div(
        [
            html.Div([html.H1(title, tabIndex=-1), _intro(t)], className="head"),
            html.Div(**{"data-list": "proposals"}),
            _glance(t),
            html.Div(className="record-choices", **{"data-list": "choices"}),
            html.Div(_panels(t), className="record-panels"),
            _episodes(t),
            html.Div([_left(t), _fitted(t)], className="record-panels"),
        ],
        key=f"record-{chosen}-{horizon}-{version}",
        id="content",
        className="page record-page",
        **{
            "data-page": "record",
            "data-stream": "/live/record",
            "data-title": title,
            "data-class": chosen,
            "data-horizon": horizon,
            "data-version": version,
        },
    )


def _intro(t: Translate) -> Component:
    text = t("Every forecast is kept and held against what happened once its time has passed.")
    return html.P(text, className="quiet-inline")


def _place(name: str, css: str = "") -> Component:
    return html.Div(className=css, **{"data-list": name})


def _table(label: str, head: list[str], name: str) -> Component:
    """A table that the script fills; a wide one scrolls by itself, also from the keyboard."""
    columns = [html.Th(text, scope="col") for text in head]
    body = [html.Thead(html.Tr(columns)), html.Tbody(**{"data-list": name})]
    return html.Div(
        html.Table(body, className="record-table"),
        className="scroll",
        tabIndex=0,
        role="region",
        **{"aria-label": label},
    )


def _glance(t: Translate) -> Component:
    head = [
        t("Class"),
        t("When it said so within a day, did it happen?"),
        t("Ranges that held"),
        t("Skill within a day"),
        t("Failures seen"),
    ]
    return panel(t("At a glance"), _table(t("At a glance"), head, "glance"), name="glance")


def _panels(t: Translate) -> list[Component]:
    return [
        panel(t("Said against seen"), _place("reliability"), name="reliability"),
        panel(t("Scores"), _place("scores", "facts"), name="scores"),
        panel(t("Ranges of remaining life"), _place("bands"), name="bands"),
    ]


def _episodes(t: Translate) -> Component:
    before = [
        t("A week before"),
        t("Three days before"),
        t("A day before"),
        t("A shift before"),
    ]
    failures = [t("Failed"), t("Machine"), t("Failure mode"), *before]
    dated = [t("Said"), t("Machine"), t("80 % range"), t("Failed after"), t("Outcome")]
    about = t(
        "A life's first forecast whose whole 80 % range lies within a week. It is picked by what "
        "was said alone, so 8 of 10 should hold. It is decided once its range has passed."
    )
    look_back = t(
        "What was said a fixed time before each failure. This looks at failures only, so it shows "
        "how a failure was seen coming and is no measure of calibration."
    )
    return html.Div(
        [
            panel(
                t("Dated forecasts"),
                html.P(about, className="quiet"),
                _table(t("Dated forecasts"), dated, "dated"),
                _place("dated-note"),
                name="dated",
            ),
            panel(
                t("Failures, and what was said before"),
                html.P(look_back, className="quiet"),
                _table(t("Failures, and what was said before"), failures, "failures"),
                _place("failures-note"),
                name="failures",
            ),
        ],
        className="record-lists",
    )


def _left(t: Translate) -> Component:
    return panel(t("Not scored"), _place("left", "facts"), name="left")


def _fitted(t: Translate) -> Component:
    note = t("What the model was learnt from. This is not a track record of this plant.")
    return panel(
        t("At fitting"), html.P(note, className="quiet"), _place("fitted", "facts"), name="fitted"
    )
