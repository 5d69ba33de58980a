"""What drives each sensor of the known machine classes, and how each failure mode shows.

Settled value of a healthy sensor = base + Σ gain · drive, over the drives of `DRIVES`; it follows
with a first-order lag. Wear of a mode adds effect · wear**power. Magnitudes are those of machines
of this size, chosen so that a mode is told from another by which sensors move, not by how much.
"""

from typing import Literal, NamedTuple

__all__ = ["DRIVES", "MACHINES", "Mode", "Physics", "Profile", "Response"]

DRIVES = ("one", "load", "speed", "heat", "ambient", "power")
"""1; load and speed as fractions; heat: load² behind a lag, as a drive's I²t relay counts it;
ambient: hall temperature above 20 °C; power: load · speed."""

Profile = Literal["machining", "stamping", "continuous"]


class Response(NamedTuple):
    """A sensor: gains in its unit a unit of each drive, noise as standard deviation, lag."""

    base: float
    noise: float
    load: float = 0.0
    speed: float = 0.0
    heat: float = 0.0
    ambient: float = 0.0
    power: float = 0.0
    lag_s: float = 0.0


class Mode(NamedTuple):
    """A failure mode: days to wear 1 at ordinary load, and what wear 1 adds to each sensor.

    dw/dt ∝ load**load_exp · (1 + w)**growth; the effect is proportional to w**power.
    """

    life_d: float
    effect: dict[str, float]
    load_exp: float = 1.5
    growth: float = 2.0
    power: float = 1.8


class Physics(NamedTuple):
    profile: Profile
    sensors: dict[str, Response]
    modes: dict[str, Mode]


MILL = Physics(
    "machining",
    {
        "spindle_vib_mms": Response(0.25, 0.06, load=0.25, speed=0.7),
        "spindle_temp_degc": Response(24.0, 0.35, heat=26.0, ambient=0.8, lag_s=240),
        "motor_current_a": Response(4.0, 0.5, load=10.0, power=22.0),
        "coolant_temp_degc": Response(20.0, 0.25, heat=7.0, ambient=0.55, lag_s=300),
        "coolant_flow_lmin": Response(27.5, 0.25, speed=-0.6),
        "axis_temp_degc": Response(21.0, 0.25, heat=10.0, ambient=0.75, lag_s=300),
        "axis_current_a": Response(1.6, 0.18, load=5.2),
        "contour_error_um": Response(3.0, 0.35, load=1.6, heat=1.4, ambient=0.05),
    },
    {
        "spindle_bearing": Mode(
            38,
            {
                "spindle_vib_mms": 3.2,
                "spindle_temp_degc": 17.0,
                "motor_current_a": 2.2,
                "contour_error_um": 3.0,
            },
            load_exp=2.0,
            growth=2.4,
            power=2.0,
        ),
        "coolant_system": Mode(
            43,
            {
                "coolant_temp_degc": 12.0,
                "coolant_flow_lmin": -11.0,
                "spindle_temp_degc": 5.0,
                "contour_error_um": 2.0,
            },
            load_exp=0.8,
            growth=1.6,
            power=1.5,
        ),
        "ball_screw": Mode(
            41,
            {"axis_current_a": 4.2, "contour_error_um": 9.0, "axis_temp_degc": 8.0},
            load_exp=1.6,
            growth=2.0,
            power=1.8,
        ),
    },
)

PRESS = Physics(
    "stamping",
    {
        "slide_vib_mms": Response(0.6, 0.12, load=1.0, speed=1.6),
        "motor_current_a": Response(20.0, 1.6, load=42.0, power=45.0),
        "hydraulic_bar": Response(181.0, 0.8, load=-3.0, ambient=0.08),
        "oil_temp_degc": Response(24.0, 0.35, heat=17.0, ambient=0.8, lag_s=300),
        "clutch_temp_degc": Response(25.0, 0.7, heat=24.0, ambient=0.7, lag_s=240),
        "engage_ms": Response(78.0, 1.2, heat=5.0),
        "parallel_um": Response(18.0, 1.6, load=7.0, heat=3.0),
    },
    {
        "hydraulic_leak": Mode(
            39,
            {"hydraulic_bar": -34.0, "oil_temp_degc": 11.0, "parallel_um": 6.0},
            load_exp=1.2,
            growth=2.2,
            power=1.7,
        ),
        "clutch_wear": Mode(
            34,
            {"engage_ms": 46.0, "clutch_temp_degc": 26.0, "motor_current_a": 7.0},
            load_exp=1.4,
            growth=1.8,
            power=1.6,
        ),
        "guide_wear": Mode(
            44,
            {"slide_vib_mms": 4.6, "parallel_um": 40.0, "motor_current_a": 11.0},
            load_exp=2.0,
            growth=2.0,
            power=2.0,
        ),
    },
)

PUMP = Physics(
    "continuous",
    {
        "flow_m3h": Response(4.0, 0.7, load=68.0),
        "discharge_bar": Response(1.9, 0.06, load=4.9),
        "vibration_mms": Response(0.6, 0.07, load=0.9),
        "bearing_temp_degc": Response(24.0, 0.35, heat=22.0, ambient=0.8, lag_s=300),
        "motor_current_a": Response(6.0, 0.5, load=38.0),
        "seal_leak_mlh": Response(3.0, 0.4, heat=1.2),
    },
    {
        "bearing": Mode(
            48,
            {"vibration_mms": 4.6, "bearing_temp_degc": 22.0, "motor_current_a": 2.5},
            load_exp=2.0,
            growth=2.4,
            power=2.0,
        ),
        "seal": Mode(
            44,
            {"seal_leak_mlh": 36.0, "discharge_bar": -0.35, "bearing_temp_degc": 4.0},
            load_exp=1.0,
            growth=2.2,
            power=2.2,
        ),
        "impeller": Mode(
            56,
            {
                "flow_m3h": -13.0,
                "discharge_bar": -1.25,
                "vibration_mms": 1.6,
                "motor_current_a": 4.0,
            },
            load_exp=2.4,
            growth=1.6,
            power=1.4,
        ),
    },
)

COMPRESSOR = Physics(
    "continuous",
    {
        "discharge_bar": Response(7.9, 0.05, load=-0.35),
        "discharge_temp_degc": Response(58.0, 0.5, heat=22.0, ambient=0.55, lag_s=240),
        "oil_temp_degc": Response(46.0, 0.4, heat=17.0, ambient=0.5, lag_s=300),
        "oil_bar": Response(3.35, 0.03, heat=-0.25),
        "vibration_mms": Response(1.2, 0.12, load=1.6),
        "motor_current_a": Response(38.0, 1.5, load=96.0),
        "filter_dp_mbar": Response(8.0, 0.6, load=9.0),
        "flow_m3min": Response(2.0, 0.2, load=17.0),
        "dewpoint_degc": Response(2.6, 0.15, heat=0.9, ambient=0.06, lag_s=300),
    },
    {
        "valve_leak": Mode(
            48,
            {
                "discharge_bar": -1.7,
                "flow_m3min": -4.0,
                "discharge_temp_degc": 9.0,
                "motor_current_a": 8.0,
            },
            load_exp=1.6,
            growth=1.8,
            power=1.5,
        ),
        "airend_bearing": Mode(
            52,
            {
                "vibration_mms": 5.0,
                "oil_temp_degc": 12.0,
                "oil_bar": -1.2,
                "motor_current_a": 9.0,
            },
            load_exp=2.0,
            growth=2.4,
            power=2.0,
        ),
        "fouled_cooler": Mode(
            46,
            {
                "discharge_temp_degc": 19.0,
                "oil_temp_degc": 15.0,
                "filter_dp_mbar": 40.0,
                "dewpoint_degc": 6.0,
            },
            load_exp=0.8,
            growth=1.5,
            power=1.6,
        ),
    },
)

MACHINES: dict[str, Physics] = {
    "mill": MILL,
    "press": PRESS,
    "pump": PUMP,
    "compressor": COMPRESSOR,
}
