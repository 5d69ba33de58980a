"""What comes in and what does not: sources, refused readings, sensors, backlog, memory, parts."""

from collections.abc import Callable, Sequence

from dash import Dash, html
from dash.development.base_component import Component
from flask import Response, abort, request

from dashboard import i18n
from dashboard.components.shell import panel
from dashboard.data import Reader
from dashboard.data.intake import Intakes
from dashboard.i18n import Translate
from dashboard.pages.visit import Visit
from dashboard.snapshot import Snapshot
from dashboard.states.data_known import Refused
from dashboard.states.data_lists import parts_csv, refused_csv, sensors_csv, sources_csv
from dashboard.states.data_state import data_state

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
        source, reason = request.args.get("source", ""), request.args.get("reason", "")
        rows = [
            r for r in intakes.refused() if source in {"", r.source} and reason in {"", r.reason}
        ]
        return refused_csv(snapshot, rows, i18n.translator(language()))

    @app.server.get("/export/sensors.csv")
    def export_sensors() -> Response:
        return sensors_csv(_latest(reader), i18n.translator(language()), language())

    @app.server.get("/export/sources.csv")
    def export_sources() -> Response:
        snapshot = _latest(reader)
        return sources_csv(snapshot, intakes.read(snapshot).sent, i18n.translator(language()))

    @app.server.get("/export/parts.csv")
    def export_parts() -> Response:
        return parts_csv(_latest(reader), i18n.translator(language()))


def _fits(refused: Refused, source: str, reason: str) -> bool:
    return source in {"", refused.source} and reason in {"", refused.reason}


def _latest(reader: Reader) -> Snapshot:
    return reader.latest or abort(503)


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


def _csv(t: Translate, name: str, **more: str) -> Component:
    link = html.A(t("Download CSV"), href=f"/export/{name}.csv", className="csv", **more)
    return html.Div(link, className="panel-foot")


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
        _csv(t, "sources"),
        name="sources",
    )


def _refused(t: Translate) -> Component:
    columns = [(t("Received"), ""), (t("Source"), ""), (t("Reason"), ""), (t("What came"), "wide")]
    return panel(
        t("Rejected"),
        html.Div(className="filter-row", **{"data-list": "filters"}),
        _table(t, "refused", columns, t("Rejected")),
        _empty("refused"),
        _csv(t, "rejects", **{"data-export": "rejects"}),
        name="rejected",
    )


def _sensors(t: Translate) -> Component:
    columns = [
        (t("Machine"), ""),
        (t("Sensor"), "wide"),
        (t("State"), ""),
        (t("Last good"), "num"),
    ]
    return panel(
        t("Sensor quality"),
        html.Ul(className="counts", **{"data-list": "quality"}),
        _table(t, "sensors", columns, t("Sensor quality")),
        _empty("sensors"),
        _csv(t, "sensors"),
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
        _csv(t, "parts"),
        name="memory",
    )
