"""Work divided over machines at will: a bound, and shares that make whole operations."""

import numpy as np
import pytest
from hypothesis import given, settings

from tests.scheduling.shops import brute_force, shop_problem, shops
from twin.scheduling.jobshop_graph import pure_shop
from twin.scheduling.tabu.balance import balance


@settings(max_examples=40)
@given(shops(max_jobs=3, max_steps=2))
def test_bound_is_below_the_least_makespan_and_every_operation_is_whole(problem):
    shop = pure_shop(problem)
    found = balance(shop)
    assert found.bound <= brute_force(shop)
    assert np.add.reduceat(found.share, shop.options[:-1]) == pytest.approx(1.0)
    assert (found.share >= 0).all()


def test_work_is_spread_so_that_both_machines_end_together():
    """Three jobs of 6 on machine 0 or of 3 on machine 1: with x of the work on machine 0, 18 x =
    9 (1 − x), so that x = 1/3 and both work for 6."""
    shop = pure_shop(shop_problem([[{0: 6, 1: 3}] for _ in range(3)], 2))
    found = balance(shop)
    assert found.bound == 6
    assert found.share[::2].sum() == pytest.approx(1.0)


def test_a_job_is_done_by_its_release_and_its_shortest_work_at_the_earliest():
    shop = pure_shop(shop_problem([[{0: 9, 1: 4}, {1: 5}], [{0: 1}]], 2, releases=[7, 0]))
    assert balance(shop).bound == 7 + 4 + 5
