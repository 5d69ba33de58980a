"""A fault in one table hides no fault elsewhere; matrices are held to the shape of their class."""

import copy
from typing import Any

import pytest

from twin.plant import faults

LINEAR: dict[str, Any] = {
    "plant": {"name": "p"},
    "line": [{"id": "a"}],
    "class": {
        "c": {
            "period_s": 1,
            "sensor": [{"id": "x", "normal": [0, 1]}, {"id": "y", "normal": [0, 1]}],
            "input": [{"id": "u", "range": [0, 1]}],
            "twin": {
                "family": "linear",
                "F": [[1.0, 1.0], [0.0, 1.0]],
                "B": [[0.0], [1.0]],
                "H": [[1.0, 0.0], [0.0, 1.0]],
                "Q": [[0.1, 0.0], [0.0, 0.1]],
                "R": [[1.0, 0.0], [0.0, 1.0]],
            },
        }
    },
    "machine": [{"id": "m", "class": "c", "line": "a"}],
}


def with_matrix(name: str, rows: list[list[float]]) -> dict[str, Any]:
    document = copy.deepcopy(LINEAR)
    document["class"]["c"]["twin"][name] = rows
    return document


def test_matrices_that_fit_have_no_fault():
    assert faults(LINEAR) == []


@pytest.mark.parametrize(
    ("name", "rows", "said"),
    [
        ("F", [[1.0, 1.0]], "twin.F: got 1 rows of [2], want 1 of 1"),
        ("H", [[1.0, 0.0, 0.0]], "twin.H: got 1 rows of [3], want 2 of 2"),
        ("B", [[1.0, 1.0], [0.0, 1.0]], "twin.B: got 2 rows of [2], want 2 of 1"),
        ("Q", [[0.1], [0.0, 0.1]], "twin.Q: got 2 rows of [1, 2], want 2 of 2"),
        ("Q", [[0.1, 0.2], [0.0, 0.1]], "twin.Q: got a matrix that is not symmetric"),
        ("Q", [[0.1, 0.0], [0.0, -0.1]], "twin.Q: got least eigenvalue -0.1, want 0 or greater"),
        ("R", [[1.0, 1.0], [1.0, 1.0]], "want greater than 0"),
    ],
)
def test_a_matrix_that_does_not_fit_is_named_with_got_and_want(name, rows, said):
    assert said in "\n".join(faults(with_matrix(name, rows)))


def test_a_fault_in_one_table_hides_no_reference_in_another():
    document = copy.deepcopy(LINEAR)
    document["plant"]["timezone"] = "Mars/Olympus"
    document["machine"] += [{"id": "m", "class": "fn", "line": "l9"}]
    found = "\n".join(faults(document))
    for part in ("Mars/Olympus", "'fn'", "'l9'", "got id 'm' 2 times"):
        assert part in found
