"""The view: what every screen needs of every machine, now, as one packed row a machine.

Written by the worker, read by the dashboard and the planner; a partition's view of a class is one
string in the store. Values are in the units of the plant file.
"""

import numpy as np

__all__ = ["HORIZONS", "NEVER", "N_DRIVERS", "N_MODES", "view_dtype"]

NEVER = np.iinfo(np.int64).min
"""A time that has not happened: the machine has sent nothing yet."""
HORIZONS = ("shift", "day", "week")
N_DRIVERS = 3
N_MODES = 4


def view_dtype(n_sensors: int, n_inputs: int) -> np.dtype[np.void]:
    """Layout of one view row; floats are NaN where nothing is known.

    time        source time of the newest sample applied, µs (NEVER: none)
    born        commissioning or last reset, µs
    n_*         samples applied, samples late (kept in history, not applied), readings gated
    quality     bits of the newest sample, a lane a bit; missing: lanes absent from it
    bad         sensors the twin judges broken, a sensor a bit; changed: 1 while the machine as a
                whole no longer behaves as its twin
    beyond      sensors outside an alarm limit (deadband and delays applied), a sensor a bit
    nis         exponentially weighted NIS per degree of freedom, 1 when the twin fits
    health      frozen twin: squared distance from commissioning per degree of freedom, 1 as new
    p, p_lo, p_hi   failure probability within each of HORIZONS, and its 80 % interval
    mode_p      share of each failure mode in the week's risk
    rul_*       remaining useful life in steps: mean, and 10, 50, 90 % quantiles (inf: beyond)
    driver      sensors that push the risk up most (-1: none), and by how much in log-odds
    value       newest good or uncertain reading of each lane, and `seen`, its source time
    level, slope, sd    the twin's estimate, its change a step, and the sd of the level
    spread      sd of the next reading about the estimate (level and noise)
    innovation  newest standardised innovation

    64-bit fields come first and the size is a multiple of 8, so that a compiled kernel can write
    rows as words.
    """
    lanes = n_sensors + n_inputs
    fields = [
        ("time", "<i8"),
        ("born", "<i8"),
        ("seen", "<i8", (lanes,)),
        ("n_applied", "<u4"),
        ("n_late", "<u4"),
        ("n_gated", "<u4"),
        ("quality", "<u4"),
        ("missing", "<u4"),
        ("bad", "<u4"),
        ("changed", "<u4"),
        ("beyond", "<u4"),
        ("nis", "<f4"),
        ("health", "<f4"),
        ("p", "<f4", (len(HORIZONS),)),
        ("p_lo", "<f4", (len(HORIZONS),)),
        ("p_hi", "<f4", (len(HORIZONS),)),
        ("mode_p", "<f4", (N_MODES,)),
        ("rul_mean", "<f4"),
        ("rul_q10", "<f4"),
        ("rul_q50", "<f4"),
        ("rul_q90", "<f4"),
        ("driver", "<i4", (N_DRIVERS,)),
        ("driver_logit", "<f4", (N_DRIVERS,)),
        ("value", "<f4", (lanes,)),
        ("level", "<f4", (n_sensors,)),
        ("slope", "<f4", (n_sensors,)),
        ("sd", "<f4", (n_sensors,)),
        ("spread", "<f4", (n_sensors,)),
        ("innovation", "<f4", (n_sensors,)),
    ]
    packed = np.dtype(fields)
    return np.dtype([*fields, ("pad", "V4")]) if packed.itemsize % 8 else packed
