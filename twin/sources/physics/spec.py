"""A machine class as arrays, so that one formula serves every sensor of every machine."""

from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from twin.plant import MachineClass
from twin.sources.physics.machines import DRIVES, MACHINES, Mode, Physics, Profile, Response

__all__ = ["ORDINARY_LOAD", "ClassSpec", "class_spec"]

ORDINARY_LOAD = 0.55
"""Load at which a mode's life_d holds."""

INPUT_PARTS = 1000
"""Steps into which an input's range is resolved, or finer."""

Floats = NDArray[np.float64]


class ClassSpec(NamedTuple):
    """m sensors, k inputs, M failure modes."""

    profile: Profile
    gain: Floats
    """(drives, m): settled value of a healthy sensor = drives @ gain."""
    lag_s: Floats
    noise: Floats
    span: Floats
    """(m,) width of the normal range: the scale of sensor faults and of unit-to-unit spread."""
    input_drive: NDArray[np.int64]
    """(k,) which of DRIVES an input lane shows, and (k,) value = offset + factor · drive."""
    input_offset: Floats
    input_factor: Floats
    mode_ids: tuple[str, ...]
    effect: Floats
    """(M, m) change of each sensor at wear 1."""
    power: Floats
    rate: Floats
    """(M,) wear a second at load 1 and wear 0."""
    load_exp: Floats
    growth: Floats
    planned_s: float
    unplanned_s: float
    per_unit: Floats
    """(m + k,) parts a unit that the transmitter resolves: readings are whole multiples of one."""


def class_spec(class_id: str, machine_class: MachineClass) -> ClassSpec:
    """Physics of a class: what `MACHINES` knows by class and sensor id; the rest from its ranges.

    So a plant file of one's own can be simulated too: an unknown sensor follows the load within
    its normal range, an unknown failure mode moves three sensors picked by the mode's name.
    """
    known = MACHINES.get(class_id, Physics("machining", {}, {}))
    sensors = [known.sensors.get(s.id) or _unknown_sensor(s.normal) for s in machine_class.sensors]
    span = np.array([s.normal[1] - s.normal[0] for s in machine_class.sensors])
    modes = [
        _known_mode(known.modes.get(f.id), machine_class.sensor_ids)
        or _unknown_mode(f.id, machine_class.sensor_ids, span)
        for f in machine_class.modes
    ]
    drive = [_drive(u.id) for u in machine_class.inputs]
    low = np.array([u.range[0] for u in machine_class.inputs])
    high = np.array([u.range[1] for u in machine_class.inputs])
    is_ambient = np.array([d == DRIVES.index("ambient") for d in drive], dtype=bool)
    effect = [[mode.effect.get(i, 0.0) for i in machine_class.sensor_ids] for mode in modes]
    return ClassSpec(
        known.profile,
        np.array(
            [[r.base, r.load, r.speed, r.heat, r.ambient, r.power] for r in sensors], dtype=float
        ).T,
        np.array([r.lag_s for r in sensors]),
        np.array([r.noise for r in sensors]),
        span,
        np.array(drive, dtype=np.int64),
        np.where(is_ambient, 20.0, low),
        np.where(is_ambient, 1.0, high - low),
        tuple(f.id for f in machine_class.modes),
        np.array(effect, dtype=float).reshape(len(modes), len(sensors)),
        np.array([mode.power for mode in modes]),
        np.array([_rate(mode) for mode in modes]),
        np.array([mode.load_exp for mode in modes]),
        np.array([mode.growth for mode in modes]),
        machine_class.costs.planned_h * 3600,
        machine_class.costs.unplanned_h * 3600,
        _per_unit([r.noise / 2 for r in sensors] + ((high - low) / INPUT_PARTS).tolist()),
    )


def _per_unit(finest: list[float]) -> Floats:
    """Decimals that resolve `finest` of a lane, as powers of ten, 1 at least: a transmitter sends
    half its noise or finer, not every digit of a float."""
    return np.maximum(10.0 ** np.ceil(-np.log10(np.maximum(finest, 1e-6))), 1.0)


def _rate(mode: Mode) -> float:
    """Wear a second such that wear 1 comes after life_d at ordinary load: ∫₀¹ (1+w)^−b dw."""
    b = mode.growth
    integral = np.log(2.0) if b == 1 else (1 - 2 ** (1 - b)) / (b - 1)
    return float(integral / (mode.life_d * 86_400 * ORDINARY_LOAD**mode.load_exp))


def _known_mode(mode: Mode | None, sensor_ids: list[str]) -> Mode | None:
    return mode if mode is not None and set(mode.effect) & set(sensor_ids) else None


def _unknown_sensor(normal: tuple[float, float]) -> Response:
    low, span = normal[0], normal[1] - normal[0]
    return Response(low + 0.25 * span, 0.02 * span, load=0.3 * span, heat=0.15 * span)


def _unknown_mode(mode_id: str, sensor_ids: list[str], span: Floats) -> Mode:
    rng = np.random.default_rng(crc32(mode_id.encode()))
    picked = rng.choice(len(sensor_ids), min(3, len(sensor_ids)), replace=False)
    sign = rng.choice([1.0, -1.0], len(picked), p=[0.8, 0.2])
    return Mode(
        45.0, {sensor_ids[j]: float(s * span[j]) for j, s in zip(picked, sign, strict=True)}
    )


def _drive(input_id: str) -> int:
    """The drive that an input of this name shows."""
    for word, drive in (
        ("ambient", "ambient"),
        ("thermal", "heat"),
        ("heat", "heat"),
        ("speed", "speed"),
        ("strokes", "speed"),
        ("rpm", "speed"),
        ("power", "power"),
    ):
        if word in input_id.lower():
            return DRIVES.index(drive)
    return DRIVES.index("load")
