"""The plant as its owner describes it in plant.toml: lines, classes of machine, machines.

Pure description: no state, no store. Slots (row numbers) are given out by the catalogue.
"""

from twin.plant.check import check_plant, faults, json_schema, load_plant
from twin.plant.closures import Closure, joined, without
from twin.plant.machine_class import (
    AlarmLimits,
    Costs,
    FailureMode,
    Input,
    MachineClass,
    Production,
    Quality,
    Sensor,
)
from twin.plant.objectives import Objective, Objectives
from twin.plant.open_times import (
    crew_is_there,
    crew_spans,
    line_spans,
    plant_stands,
    stands_between,
)
from twin.plant.plant import (
    Line,
    Machine,
    Overrides,
    Plant,
    PlantFile,
    PlantHead,
    SensorOverride,
)
from twin.plant.products import Changeover, OwnTime, Product, Step
from twin.plant.resources import (
    Crew,
    Energy,
    Part,
    Service,
    Shift,
    Site,
    Tariff,
    Transport,
)
from twin.plant.sources import GatewaySource, ReplaySource, SimulatorSource, Source
from twin.plant.twin_settings import TwinSettings
from twin.plant.words import Text
from twin.plant.working import (
    Pause,
    Targets,
    Weekly,
    covers,
    is_paused,
    pauses_between,
    shift_began,
)

__all__ = [
    "AlarmLimits",
    "Changeover",
    "Closure",
    "Costs",
    "Crew",
    "Energy",
    "FailureMode",
    "GatewaySource",
    "Input",
    "Line",
    "Machine",
    "MachineClass",
    "Objective",
    "Objectives",
    "Overrides",
    "OwnTime",
    "Part",
    "Pause",
    "Plant",
    "PlantFile",
    "PlantHead",
    "Product",
    "Production",
    "Quality",
    "ReplaySource",
    "Sensor",
    "SensorOverride",
    "Service",
    "Shift",
    "SimulatorSource",
    "Site",
    "Source",
    "Step",
    "Targets",
    "Tariff",
    "Text",
    "Transport",
    "TwinSettings",
    "Weekly",
    "check_plant",
    "covers",
    "crew_is_there",
    "crew_spans",
    "faults",
    "is_paused",
    "joined",
    "json_schema",
    "line_spans",
    "load_plant",
    "pauses_between",
    "plant_stands",
    "shift_began",
    "stands_between",
    "without",
]
