"""Alarms and journal as lists to download: the same filters as on screen, in the reader's words."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dashboard.exports import time_column
from dashboard.i18n import Translate, pick
from dashboard.snapshot import Snapshot
from dashboard.states.alarms.alarm_journal import journal_lines
from dashboard.states.alarms.alarm_state import alarm_rows
from dashboard.states.alarms.alarm_words import limit_names, refusal_text, state_names, verb_names

__all__ = ["AlarmFilters", "alarm_list", "filters_of", "journal_list"]

EVERY_LINE = 1000
ORDER = ("unacknowledged", "returned_unacknowledged", "acknowledged")
Listed = tuple[Sequence[str], Sequence[Sequence[object]]]


class AlarmFilters(NamedTuple):
    """What an address asks for; "": everything."""

    line: str = ""
    priority: str = ""
    state: str = ""
    text: str = ""
    who: str = ""
    """Of the journal: people, or the plant."""


def filters_of(query: Mapping[str, str]) -> AlarmFilters:
    """Filters of an address; what it does not know is left out."""
    return AlarmFilters(*(query.get(name, "") for name in AlarmFilters._fields))


def _rank(row: Mapping[str, Any]) -> int:
    return ORDER.index(row["state"]) if row["state"] in ORDER else len(ORDER)


def alarm_list(snapshot: Snapshot, wanted: AlarmFilters, t: Translate, language: str) -> Listed:
    """Header and rows of all alarms that are not simply normal, as on screen: by what they ask
    for, then by priority, oldest first."""
    rows = [(i, r) for i, r in alarm_rows(snapshot).items() if _fits(r, wanted)]
    rows.sort(key=lambda pair: (_rank(pair[1]), pair[1]["priority"], pair[1]["came"], pair[0]))
    held = snapshot.desk.get("alarms") or {}
    since, times = time_column(
        t("Since"), [r["came"] or None for _, r in rows], snapshot.plant.zone
    )
    until, ends = time_column(
        t("Shelved until"), [held[i]["shelved_until"] for i, _ in rows], snapshot.plant.zone
    )
    header = [
        *(t("Priority"), t("Machine"), t("Machine id"), t("Sensor"), t("Limit"), t("Value")),
        *(t("Unit"), t("State"), since, until, t("By"), t("Reason"), t("Cause")),
        *(t("Consequence"), t("Response"), t("Hours left")),
    ]
    states, limits = state_names(t), limit_names(t)
    return header, [
        [
            r["priority"],
            pick(r["name"], language),
            r["machine"],
            pick(r["sensor"], language),
            limits.get(r["limit"], ""),
            r["value"],
            r["unit"],
            states[r["state"]],
            time,
            end,
            r["by"],
            r["reason"],
            *(pick(r[k] or "", language) for k in ("mode", "consequence", "response")),
            r["time_h"],
        ]
        for (_, r), time, end in zip(rows, times, ends, strict=True)
    ]


def journal_list(snapshot: Snapshot, wanted: AlarmFilters, t: Translate, language: str) -> Listed:
    """Header and rows of the journal, newest first."""
    lines = [x for x in journal_lines(snapshot, EVERY_LINE) if _tells_of(x, wanted)]
    head, times = time_column(t("Time"), [x["time_us"] for x in lines], snapshot.plant.zone)
    header = [head, t("Who"), t("What"), t("Machine"), t("Sensor"), t("Limit"), t("Text")]
    verbs, limits = verb_names(t), limit_names(t)
    return [*header, t("Refused because"), t("Taken back by")], [
        [
            time,
            x["who"],
            verbs.get(x["verb"], x["verb"]),
            pick(x["name"] or "", language),
            pick(x["sensor"] or "", language),
            limits.get(x["limit"] or "", ""),
            ", ".join(filter(None, (x["order"], x["text"]))),
            refusal_text(t, x["refused"]) if x["refused"] else None,
            x["undone"],
        ]
        for x, time in zip(lines, times, strict=True)
    ]


def _fits(row: Mapping[str, Any], wanted: AlarmFilters) -> bool:
    return (
        wanted.line in {"", row["line"]}
        and wanted.priority in {"", str(row["priority"])}
        and wanted.state in {"", row["state"]}
        and _contains(wanted.text, row["name"], row["machine"], row["sensor"])
    )


def _tells_of(line: Mapping[str, Any], wanted: AlarmFilters) -> bool:
    names = (line["name"] or "", line["machine"] or "", line["sensor"] or "")
    if wanted.who and (wanted.who == "people") != bool(line["who"]):
        return False
    return _contains(wanted.text, *names, line["who"], line["text"] or "")


def _contains(text: str, *names: Any) -> bool:
    """In any language: a search finds what a colleague calls it."""
    every = [n for name in names for n in (name.values() if isinstance(name, dict) else [name])]
    return text.lower() in "\n".join(every).lower()
