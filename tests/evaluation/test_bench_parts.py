"""The command line's list of benches is the benches' own; the race refuses unequal answers."""

import numpy as np
import pytest

from twin.cli import BENCH_PARTS
from twin.core.trend import advance
from twin.errors import DataError, ModelError
from twin.evaluation.bench import PARTS, run_bench
from twin.evaluation.bench.explorer import bench_explorer
from twin.evaluation.bench.kernel import bench_kernel


def test_every_bench_can_be_asked_for():
    assert list(PARTS) == BENCH_PARTS


def test_an_unknown_bench_is_named():
    with pytest.raises(DataError, match="got part 'latency'"):
        run_bench("latency")


def test_a_kernel_with_another_answer_is_not_compared():
    def biased(trend, state, view, rows):
        done = advance(trend, state, view, rows)
        trend.layout.level(state)[0, 0] += 1e-6
        return done

    with pytest.raises(ModelError, match="not the same model"):
        bench_kernel(biased, (10,))


def test_the_race_reports_time_and_both_ratios():
    figures = bench_kernel(advance, (10,))["10"]
    assert np.isfinite([figures["ns_per_update"], figures["x_filterpy"]]).all()
    assert figures["x_simdkalman"] > 0


def test_windows_of_a_long_history_are_timed_by_their_width(tmp_path):
    found = bench_explorer(tmp_path, 5_000)
    assert found.pop("samples") == 5_000
    assert set(found) == {"first", "3600", "600"}
    assert min(found.values()) > 0
