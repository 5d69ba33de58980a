"""How long a machine that failed is expected to stand."""

import pytest

from twin.pipeline.failures import Failures
from twin.pipeline.planning.repairs import mean_left_h
from twin.pipeline.services import HOUR_US
from twin.types import Event

PAST = (2.0, 4.0, 6.0, 8.0, 10.0)


@pytest.mark.parametrize(
    ("lasted_h", "past_h", "want"),
    [
        (0.0, PAST, 6.0),  # their mean
        (5.0, PAST, 3.0),  # of 6 − 5, 8 − 5, 10 − 5
        (9.0, PAST, 6.0),  # one took longer: no memory, the mean again
        (12.0, PAST, 6.0),
        (10.0, (), 14.0),  # the rest of the usual day
        (24.0, (), 24.0),  # no memory
        (80.0, PAST[:4], 24.0),  # four are too few
    ],
)
def test_what_is_left_of_a_repair_is_its_mean_given_how_long_it_has_lasted(lasted_h, past_h, want):
    assert mean_left_h(lasted_h, past_h, usual_h=24.0) == pytest.approx(want)


def test_a_repair_lasts_from_the_failure_and_a_planned_service_is_none():
    failures = Failures()
    told = [("failure", 1), ("repair", 4), ("repair", 9), ("failure", 10), ("repair", 12)]
    failures.take(Event(h * HOUR_US, kind, "mill-0", {}) for kind, h in told)
    failures.take([Event(0, "failure", "mill-1", {})])
    assert list(failures.repairs_h("mill-0")) == [3.0, 2.0]
    assert list(failures.repairs_h("mill-1")) == []
