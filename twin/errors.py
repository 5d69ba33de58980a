"""Everything Plant Twin raises on purpose. One root, so that an edge can catch what is ours."""

__all__ = [
    "DataError",
    "ModelError",
    "PlanningError",
    "SchemaError",
    "StoreError",
    "TwinError",
    "WireError",
]


class TwinError(Exception):
    """Root of all errors whose message is written for the person who can mend the cause."""


class SchemaError(TwinError):
    """A plant file, mapping or setting is not what it must be; says key, got and want."""


class WireError(TwinError):
    """A stream entry or batch of readings cannot be decoded."""


class ModelError(TwinError):
    """A model file does not fit the plant, or a fit is impossible with the data given."""


class DataError(TwinError):
    """A data set or file of readings is absent or malformed."""


class StoreError(TwinError):
    """The store is unreachable, of another format version, or owned by somebody else."""


class PlanningError(TwinError):
    """A planning problem contradicts itself, or a solver found no schedule that keeps its rules."""
