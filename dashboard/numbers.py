"""Numbers on their way to a screen: as many digits as mean something, no NaN."""

import math
from collections.abc import Sequence
from typing import Any

__all__ = ["decimals", "rounded", "roundeds", "thinned"]


def rounded(value: Any, digits: int = 4) -> float | None:
    """To so many significant digits; None for what is not a finite number."""
    if value is None:
        return None
    number = float(value)
    if not math.isfinite(number):
        return None
    short = float(f"{number:.{digits}g}")
    return short if math.isfinite(short) else number


def roundeds(values: Sequence[Any] | Any, digits: int = 5) -> list[float | None]:
    """`rounded` for a sequence or array."""
    return [rounded(value, digits) for value in values]


def decimals(low: float, high: float) -> int:
    """Decimal places at which a hundredth of the range [low, high] still shows: 0 to 4."""
    return min(4, max(0, 2 - math.floor(math.log10(high - low))))


def thinned(values: Sequence[Any], n_max: int) -> list[Any]:
    """At most n_max of the values, evenly, the last one always among them."""
    if len(values) <= n_max:
        return list(values)
    step = len(values) / n_max
    return [values[len(values) - 1 - int(step * n)] for n in range(n_max)][::-1]
