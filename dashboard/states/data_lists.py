"""Lists of the data page as CSV."""

from collections.abc import Mapping, Sequence

from flask import Response

from dashboard.exports import csv_response, time_column
from dashboard.i18n import Translate, pick
from dashboard.snapshot import Snapshot
from dashboard.states.data_known import Refused
from dashboard.states.data_state import parts_of, sources_of
from dashboard.states.machine.sensor_quality import faulty_sensors
from dashboard.times import local
from twin.pipeline.gateway.senders import SENT

__all__ = ["parts_csv", "refused_csv", "sensors_csv", "sources_csv"]


def refused_csv(snapshot: Snapshot, refused: Sequence[Refused], t: Translate) -> Response:
    """In full, payload and all; times are those of the clock on the wall."""
    times = [r.time_us for r in refused]
    header, cells = time_column(t("Received"), times, snapshot.plant.zone)
    names = [header, t("Source"), t("Reason"), t("Detail"), t("Payload")]
    rows = (
        [at, r.source, r.reason, r.detail, r.payload] for at, r in zip(cells, refused, strict=True)
    )
    return csv_response(_name(snapshot, "rejects"), names, rows)


def sensors_csv(snapshot: Snapshot, t: Translate, language: str) -> Response:
    """Every sensor and input that is not good, worst first."""
    header = [t("Machine"), t("Sensor"), t("State"), t("Last good reading, seconds ago"), t("Id")]
    rows = []
    for found in faulty_sensors(snapshot):
        machine_class = snapshot.plant.class_of(found.machine)
        lane = [*machine_class.sensors, *machine_class.inputs][found.lane]
        names = (found.machine.name or found.machine.id, lane.name or lane.id)
        shown = [pick(name, language) for name in names]
        rows.append([*shown, found.state, found.age_s, f"{found.machine.id}:{lane.id}"])
    return csv_response(_name(snapshot, "sensors"), header, rows)


def sources_csv(
    snapshot: Snapshot, sent: Mapping[str, Mapping[str, int]], t: Translate
) -> Response:
    """Delays in seconds of the reader's clock; sent: source → orders or operations → when last."""
    keys = ("rate", "accepted", "rejected", "late", "again", "median_s", "least_s", "most_s")
    told = ("n", "age_s")
    header = [
        t("Source"),
        t("Samples a second"),
        t("Accepted"),
        t("Rejected"),
        t("Late"),
        t("Sent again"),
        t("Delay, median (s)"),
        t("Delay, least (s)"),
        t("Delay, most (s)"),
        t("Orders"),
        t("Last order (s ago)"),
        t("Reports of operations"),
        t("Last report (s ago)"),
    ]
    rows = [
        [
            name,
            *(s[k] for k in keys),
            *(s["sends"].get(what, {}).get(k) for what in SENT for k in told),
        ]
        for name, s in sources_of(snapshot, sent).items()
    ]
    return csv_response(_name(snapshot, "sources"), header, rows)


def parts_csv(snapshot: Snapshot, t: Translate) -> Response:
    """What runs, when it was last heard, what memory it holds."""
    header = [t("Part"), t("Last heard (s)"), t("Memory (bytes)"), t("Restarts")]
    rows = [[n, p["age_s"], p["rss"], p["restarts"]] for n, p in parts_of(snapshot).items()]
    return csv_response(_name(snapshot, "parts"), header, rows)


def _name(snapshot: Snapshot, kind: str) -> str:
    stamp = local(snapshot.plant_us, snapshot.plant.zone).strftime("%Y-%m-%d-%H%M")
    return f"{kind}-{stamp}"
