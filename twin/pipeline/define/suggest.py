"""What to make of a column, from its name and figures: a first guess for a person to correct."""

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["suggestion"]

UNITS = {
    "degc": "°C",
    "celsius": "°C",
    "degf": "°F",
    "k": "K",
    "bar": "bar",
    "mbar": "mbar",
    "pa": "Pa",
    "kpa": "kPa",
    "mms": "mm/s",
    "g": "g",
    "a": "A",
    "v": "V",
    "kw": "kW",
    "w": "W",
    "rpm": "1/min",
    "pct": "%",
    "percent": "%",
    "lmin": "l/min",
    "lpm": "l/min",
    "m3h": "m³/h",
    "hz": "Hz",
    "um": "µm",
    "mm": "mm",
    "n": "N",
    "kn": "kN",
    "nm": "Nm",
}
INPUTS = ("load", "speed", "rpm", "setpoint", "set", "ambient", "hall", "recipe", "feed", "command")
"""Words of what is done to a machine rather than measured on it."""
BRACKETS = re.compile(r"[\[(]([^\])]*)[\])]")


def suggestion(name: str, q: NDArray[np.float64], is_constant: bool) -> dict[str, Any]:
    """Role, id, name, unit, range and limits; q: 0, .1, 1, 50, 99, 99.9, 100 % quantiles.

    Limits lie outside everything the file holds but for a thousandth, by half its distance from
    the median; they are suggestions and say so on screen.
    """
    words = [w for w in re.split(r"[^A-Za-z0-9]+", BRACKETS.sub("", name).lower()) if w]
    is_input = any(w in INPUTS for w in words)
    role = "ignore" if is_constant else "input" if is_input else "sensor"
    low, high = _nice(q[2], q[4])
    margin = max(q[5] - q[3], 1e-12), max(q[3] - q[1], 1e-12)
    return {
        "role": role,
        "id": "_".join(words)[:64] or "column",
        "name": _title(name),
        "unit": _unit(name, words),
        "normal": [low, high],
        "range": list(_nice(q[0], q[6])),
        "limits": {
            "low_low": None,
            "low": _round(q[1] - 0.5 * margin[1], high - low),
            "high": _round(q[5] + 0.5 * margin[0], high - low),
            "high_high": None,
        },
        "deadband": _round(0.1 * (high - low), high - low),
    }


def _unit(name: str, words: list[str]) -> str:
    found = BRACKETS.search(name)
    if found:
        return found.group(1).strip()
    return UNITS.get(words[-1], "") if words else ""


def _title(name: str) -> str:
    """spindle_temp_degc → Spindle temp."""
    words = [w for w in re.split(r"[_\s]+", BRACKETS.sub("", name).strip()) if w]
    if len(words) > 1 and words[-1].lower() in UNITS:
        words = words[:-1]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def _nice(low: float, high: float) -> tuple[float, float]:
    """Both ends at two digits of the distance between them, never the same."""
    span = high - low
    if span <= 0:
        span = max(abs(low), 1.0)
        return _round(low - 0.5 * span, span), _round(high + 0.5 * span, span)
    lo, hi = _round(low, span), _round(high, span)
    return (lo, hi) if lo < hi else (float(low), float(high))


def _round(value: float, span: float) -> float:
    """To a fiftieth of the span, in decimals."""
    digits = max(0, 2 - math.floor(math.log10(span))) if span > 0 else 6
    return round(float(value), digits)
