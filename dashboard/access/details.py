"""What a form sends, as what an action holds: times of the plant's zone, faults in words."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from dashboard.access.language import t
from twin.actions import checked_detail
from twin.errors import SchemaError

__all__ = ["DetailError", "detail_of", "fault_words", "moment_us"]

TIMES = ("start", "time", "release", "due")
"""Fields that are moments: µs UTC, or an ISO time as the plant's clocks show it."""
YEARS = 1970, 2200
"""First year that a time can be of, and the first that it cannot."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DetailError(Exception):
    """What is wrong with a detail: words by field, for the form that sent it."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {words}" for name, words in fields.items()))
        self.fields = dict(fields)


def detail_of(verb: str, sent: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """The complete detail of an action. Raises DetailError naming every fault at once."""
    detail, faults = dict(sent), {}
    for name in TIMES:
        if isinstance(text := detail.get(name), str):
            try:
                detail[name] = moment_us(text, zone)
            except ValueError as error:
                faults[name] = str(error)
                detail[name] = 0
    try:
        checked = checked_detail(verb, detail)
    except SchemaError as error:
        raise DetailError(_faults(error) | faults) from error
    if faults:
        raise DetailError(faults)
    return checked


def moment_us(text: str, zone: ZoneInfo) -> int:
    """An ISO time, without offset in the plant's zone, as µs UTC; of two the earlier.

    Raises ValueError, in words, for what is no time and for an hour that a change to summer time
    leaves out.
    """
    try:
        told = datetime.fromisoformat(text)
        if not YEARS[0] <= told.year < YEARS[1]:
            raise ValueError
    except ValueError:
        raise ValueError(t("got {got}, want a date and a time").format(got=text[:40])) from None
    when = told if told.tzinfo else told.replace(tzinfo=zone)
    if told.tzinfo is None and when.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != told:
        words = t("{got} does not exist: the clocks go forward over it")
        raise ValueError(words.format(got=text[:40].replace("T", " ")))
    return (when - _EPOCH) // timedelta(microseconds=1)


def _faults(error: SchemaError) -> dict[str, str]:
    cause = error.__cause__
    if not isinstance(cause, ValidationError):
        return {"detail": str(error)}
    return {".".join(map(str, e["loc"])) or "detail": fault_words(e) for e in cause.errors()}


def fault_words(error: Any) -> str:
    """Got and want of one fault that pydantic found."""
    kind, limits = error["type"], error.get("ctx", {})
    got = str(error["input"])[:40]
    if kind == "missing" or (kind == "string_too_short" and not got):
        return t("is missing")
    if kind == "extra_forbidden":
        return t("is not known here")
    if kind == "string_too_long":
        sentence = t("got {n} characters, want at most {limit}")
        return sentence.format(n=len(str(error["input"])), limit=limits["max_length"])
    if kind == "int_from_float":
        return t("got {got}, want a whole number").format(got=got)
    if kind == "string_pattern_mismatch":
        return t("got {got}, want letters, digits, dots, dashes and underscores").format(got=got)
    if kind.startswith(("float_", "int_")):
        return t("got {got}, want a number").format(got=got or "—")
    sentences = {
        "greater_than": t("got {got}, want more than {limit}"),
        "greater_than_equal": t("got {got}, want at least {limit}"),
        "less_than_equal": t("got {got}, want at most {limit}"),
    }
    if kind in sentences:
        return sentences[kind].format(got=got, limit=next(iter(limits.values())))
    return t("got {got}, want: {want}").format(got=got, want=error["msg"])
