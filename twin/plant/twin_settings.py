"""How a class's twin is made: its family, its gate, and the matrices of the linear one."""

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from twin.plant.words import Strict

__all__ = ["TwinSettings"]

Matrix = list[list[float]]


class TwinSettings(Strict):
    family: Literal["trend", "linear"] = "trend"
    gate: Annotated[float, Field(gt=0, lt=1)] = 0.9999
    """Probability under which a reading's χ² must lie to be believed."""
    F: Matrix | None = None
    B: Matrix | None = None
    H: Matrix | None = None
    Q: Matrix | None = None
    R: Matrix | None = None

    @model_validator(mode="after")
    def _matrices(self) -> Self:
        if self.family == "trend":
            given = [k for k in "FBHQR" if getattr(self, k) is not None]
            if given:
                raise ValueError(
                    f"got {given}, want family 'linear' with them: 'trend' learns its matrices"
                )
            return self
        missing = [k for k in "FHQR" if getattr(self, k) is None]
        if missing:
            raise ValueError(f"got no {missing}, want F, H, Q and R in family 'linear'")
        return self

    def shape_faults(self, n_sensors: int, n_inputs: int) -> list[str]:
        """What is wrong with the matrices of a class with so many sensors and inputs."""
        n = len(self.F or ())
        want = {"F": (n, n), "B": (n, n_inputs), "H": (n_sensors, n), "Q": (n, n)}
        want["R"] = (n_sensors, n_sensors)
        found = []
        for name, shape in want.items():
            rows = getattr(self, name)
            if rows is None:
                continue
            widths = {len(row) for row in rows}
            if len(rows) != shape[0] or widths - {shape[1]}:
                size = f"{len(rows)} rows of {sorted(widths)}"
                found.append(f"{name}: got {size}, want {shape[0]} of {shape[1]}")
            elif name in {"Q", "R"}:
                found += _covariance_faults(name, rows)
        return found


def _covariance_faults(name: str, rows: Matrix) -> list[str]:
    """A covariance is symmetric; Q has no negative variance, R none that is not positive."""
    matrix = np.array(rows, dtype=np.float64)
    if not np.allclose(matrix, matrix.T):
        return [f"{name}: got a matrix that is not symmetric, want a covariance"]
    least = float(np.linalg.eigvalsh(matrix).min(initial=np.inf))
    tiny = 1e-9 * float(np.abs(matrix).max(initial=0.0))
    if least < -tiny or (name == "R" and least <= 0.0):
        want = "0 or greater" if name == "Q" else "greater than 0"
        return [f"{name}: got least eigenvalue {least:g}, want {want}"]
    return []
