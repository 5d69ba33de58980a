"""What comes in and what does not: sources, refused readings, sensors, backlog, memory, parts."""

from collections.abc import Callable, Sequence

from dash import Dash, html
from dash.development.base_component import Component
from flask import Response, abort, request

from dashboard import i18n
from dashboard.components.shell import panel
from dashboard.data import Reader
from dashboard.data.intake import Intakes, Refused
from dashboard.data_state import data_state
from dashboard.exports import csv_response, time_column
from dashboard.i18n import Translate, pick
from dashboard.pages.visit import Visit
from dashboard.sensor_quality import faulty_sensors
from dashboard.snapshot import Snapshot
from dashboard.times import local

__all__ = ["register", "show"]


def show(visit: Visit) -> Component | None:
    """Empty places that the script fills from /live/data."""
    if visit.name:
        return None
    t = visit.t
    heading = t("Data")
    return html.Div(
        [
            html.Div([html.H1(heading, tabIndex=-1)], className="head"),
            html.Section(
                [
                    html.H2(t("Verdict"), className="hidden"),
                    html.Div(
                        html.P(t("Waiting for the first values"), className="loading"),
                        **{"data-list": "verdict"},
                    ),
                ],
                className="panel verdict",
                role="status",
            ),
            _sources(t),
            html.Div(
                [
                    html.Div([_refused(t)], className="side"),
                    html.Div([_sensors(t), _backlog(t), _memory(t)], className="side"),
                ],
                className="columns",
            ),
        ],
        id="content",
        className="page data-page",
        **{"data-page": "data", "data-stream": "/live/data", "data-title": heading},
    )


def register(app: Dash, reader: Reader, language: Callable[[], str]) -> None:
    """Add the page's feed, /export/rejects.csv and /export/sensors.csv."""
    intakes = Intakes(reader.store)
    reader.add_feed("data", lambda snapshot: data_state(snapshot, intakes.read(snapshot)))

    @app.server.get("/export/rejects.csv")
    def export_rejects() -> Response:
        snapshot = _latest(reader)
        asked = request.args.get("source", ""), request.args.get("reason", "")
        rows = [
            r
            for r in intakes.refused()
            if asked[0] in {"", r.source} and asked[1] in {"", r.reason}
        ]
        return _rejects(snapshot, rows, i18n.translator(language()))

    @app.server.get("/export/sensors.csv")
    def export_sensors() -> Response:
        return _sensor_list(_latest(reader), i18n.translator(language()), language())


def _latest(reader: Reader) -> Snapshot:
    return reader.latest or abort(503)


def _rejects(snapshot: Snapshot, refused: Sequence[Refused], t: Translate) -> Response:
    """In full, payload and all; times are those of the clock on the wall."""
    times = [r.time_us for r in refused]
    header, cells = time_column(t("Received"), times, snapshot.plant.zone)
    names = [header, t("Source"), t("Reason"), t("Detail"), t("Payload")]
    rows = (
        [at, r.source, r.reason, r.detail, r.payload] for at, r in zip(cells, refused, strict=True)
    )
    return csv_response(f"rejects-{_stamp(snapshot)}", names, rows)


def _sensor_list(snapshot: Snapshot, t: Translate, language: str) -> Response:
    header = [t("Machine"), t("Sensor"), t("State"), t("Last good reading, seconds ago"), t("Id")]
    rows = []
    for found in faulty_sensors(snapshot):
        machine_class = snapshot.plant.class_of(found.machine)
        lane = [*machine_class.sensors, *machine_class.inputs][found.lane]
        names = (found.machine.name or found.machine.id, lane.name or lane.id)
        shown = [pick(name, language) for name in names]
        rows.append([*shown, found.state, found.age_s, f"{found.machine.id}:{lane.id}"])
    return csv_response(f"sensors-{_stamp(snapshot)}", header, rows)


def _stamp(snapshot: Snapshot) -> str:
    return local(snapshot.plant_us, snapshot.plant.zone).strftime("%Y-%m-%d-%H%M")


def _table(t: Translate, name: str, columns: Sequence[tuple[str, str]], title: str) -> Component:
    head = [html.Th(text, className=css, scope="col") for text, css in columns]
    return html.Div(
        html.Table(
            [html.Thead(html.Tr(head)), html.Tbody(**{"data-list": name})],
            className="work data-table",
            **{"aria-label": title},
        ),
        className="scrolls",
        tabIndex=0,
        role="region",
        **{"aria-label": t("Table: {name}").format(name=title)},
    )


def _empty(name: str) -> Component:
    return html.P(className="quiet", **{"data-list": f"{name}-empty"})


def _sources(t: Translate) -> Component:
    columns = [
        (t("Source"), ""),
        (t("Samples a second"), "num"),
        (t("Last hour"), ""),
        (t("Accepted"), "num"),
        (t("Rejected"), "num"),
        (t("Late"), "num"),
        (t("Sent again"), "num"),
        (t("Delay, median"), "num"),
        (t("Delay, least to most"), "num"),
    ]
    note = html.P(
        t(
            "Delay: arrival − source time, by the reader's clock. Late: after a newer sample of "
            "its machine. Sent again: with the time of the sample before."
        ),
        className="quiet",
    )
    return panel(
        t("Sources"),
        _table(t, "sources", columns, t("Sources")),
        _empty("sources"),
        note,
        name="sources",
    )


def _refused(t: Translate) -> Component:
    columns = [(t("Received"), ""), (t("Source"), ""), (t("Reason"), ""), (t("What came"), "wide")]
    foot = html.Div(
        html.A(
            t("Download CSV"),
            href="/export/rejects.csv",
            className="csv",
            **{"data-export": "rejects"},
        ),
        className="panel-foot",
    )
    return panel(
        t("Rejected readings"),
        html.Div(className="filter-row", **{"data-list": "filters"}),
        _table(t, "refused", columns, t("Rejected readings")),
        _empty("refused"),
        foot,
        name="rejected",
    )


def _sensors(t: Translate) -> Component:
    columns = [
        (t("Machine"), ""),
        (t("Sensor"), "wide"),
        (t("State"), ""),
        (t("Last good"), "num"),
    ]
    link = html.A(t("Download CSV"), href="/export/sensors.csv", className="csv")
    return panel(
        t("Sensor quality"),
        html.Ul(className="counts", **{"data-list": "quality"}),
        _table(t, "sensors", columns, t("Sensor quality")),
        _empty("sensors"),
        html.Div(link, className="panel-foot"),
        name="sensors",
    )


def _backlog(t: Translate) -> Component:
    columns = [
        (t("Partition"), ""),
        (t("Entries behind"), "num"),
        (t("Oldest waits"), "num"),
        (t("Entries held"), "num"),
    ]
    return panel(t("Backlog"), _table(t, "partitions", columns, t("Backlog")), name="backlog")


def _memory(t: Translate) -> Component:
    columns = [
        (t("Part"), ""),
        (t("Last heard"), "num"),
        (t("Memory"), "num"),
        (t("Restarts"), "num"),
    ]
    return panel(
        t("Memory and parts"),
        html.Ul(className="counts", **{"data-list": "memory"}),
        _table(t, "parts", columns, t("Memory and parts")),
        name="memory",
    )
