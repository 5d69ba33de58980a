"""Words of the wall's script, in the language that the display was given."""

from dashboard.i18n import Translate

__all__ = ["wall_words"]


def wall_words(t: Translate) -> dict[str, str]:
    """Short key → message; the script knows keys alone, so that its page stays small."""
    return {
        "now": t("Now"),
        "nothing": t("Nothing needs attention."),
        "shift": t("This shift"),
        "operations": t("{done} of {all} operations done"),
        "steps": t("operations"),
        "late": t("late orders: {n}"),
        "next": t("Next services"),
        "no_service": t("No service within two days."),
        "tomorrow": t("tomorrow {time}"),
        "after": t("in 2 days, {time}"),
        "suggested": t("suggested"),
        "unplanned": t("The planner has not spoken yet."),
        "old_plan": t("This list is old: the planner is silent."),
        "live": t("live"),
        "simulated": t("simulated"),
        "connecting": t("Connecting"),
        "lost": t("No connection for {age}"),
        "silent": t("No new data for {age}"),
        "empty": t("Nothing received yet"),
        "revoked": t("The link of this display was withdrawn"),
        "p1": t("act now"),
        "p2": t("plan today"),
        "running": t("running of {n}"),
        "of": t("of {n}"),
        "stops": t("stops expected in 24 h"),
        "stops_short": t("stops in 24 h"),
        "complete": t("machines sending"),
        "complete_short": t("sending"),
        "machines": t("{n} machines"),
        "more": t("and {n} more"),
        "stop_in": t("stop in {time}"),
        "stop_range": t("stop in {time} ({range})"),
        "not_within": t("no stop within {time}"),
        "to": t("{lo} to {hi}"),
        "from": t("from {lo}"),
        "min": t("{n} min"),
        "h": t("{n} h"),
        "d": t("{n} d"),
        "s": t("{n} s"),
        "comma": t(", "),
        "scan": t("scan from {n} m"),
        "risk": t("Failure likely"),
        "limit": t("Beyond a limit"),
        "bad_sensor": t("Sensor not to be trusted"),
        "failed": t("Failed, stands still"),
        "changed": t("Behaves unlike its twin"),
        "withheld": t("No data, last forecast withheld"),
    }
