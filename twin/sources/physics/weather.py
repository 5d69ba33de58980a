"""Temperature of the hall: season, time of day, and weather that comes and goes in days."""

from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

__all__ = ["Weather"]

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
CHUNK_H = 1000
WEATHER_TAU_H = 36.0
WEATHER_SD_DEGC = 3.5


class Weather:
    """One plant's weather, the same for all machines; any hour from start_us on, from the seed.

    Outside: mean 10 °C, season ± 9, day ± 4, and a first-order autoregression of τ = 36 h,
    sd 3.5 °C. The hall follows the outside by 45 % and is heated to 17 °C.
    """

    def __init__(self, seed: int, start_us: int) -> None:
        self._seed = seed
        self._start_us = start_us
        self._hourly = np.zeros(0)

    def restart(self, start_us: int) -> None:
        """Be the weather of a plant that began then."""
        self._start_us = start_us

    def hall_degc(self, times: NDArray[np.int64]) -> NDArray[np.float64]:
        """Hall temperature, °C, at times (T,), µs UTC, not before start_us."""
        hours = (times - self._start_us) / HOUR_US
        while len(self._hourly) < hours.max(initial=0.0) + 2:
            self._extend()
        weather = np.interp(hours, np.arange(len(self._hourly)), self._hourly)
        year = 2 * np.pi * (times / DAY_US - 15) / 365.25
        day = 2 * np.pi * (times / DAY_US - 3.5 / 24)
        outside = 10 - 9 * np.cos(year) - 4 * np.cos(day) + weather
        return np.asarray(np.maximum(17.0, 15.0 + 0.45 * outside) + 0.1 * weather)

    def _extend(self) -> None:
        chunk = len(self._hourly) // CHUNK_H
        rng = np.random.default_rng([self._seed, 0x57EA, chunk])
        a = np.exp(-1 / WEATHER_TAU_H)
        noise = rng.normal(0.0, WEATHER_SD_DEGC * np.sqrt(1 - a * a), CHUNK_H)
        last = self._hourly[-1] if chunk else rng.normal(0.0, WEATHER_SD_DEGC)
        path = list(accumulate(noise.tolist(), lambda before, new: a * before + new, initial=last))
        self._hourly = np.concatenate([self._hourly, path[1:]])
