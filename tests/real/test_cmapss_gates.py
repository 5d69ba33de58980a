"""NASA's turbofans: the gates of the mathematics, on the published files, by the one filter."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from twin.errors import DataError
from twin.evaluation.cmapss import (
    PUBLISHED,
    cross_validate,
    evaluate,
    predict,
    scores_on_test_engines,
)
from twin.evaluation.metrics import rmse
from twin.pipeline.learning.engines import engine_lives, fit_engines
from twin.pipeline.learning.lives import Life
from twin.sources.cmapss import cmapss_plant, engine_rows, read_engines, read_rul, subsets_in

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def data() -> Path:
    default = Path(__file__).parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("TWIN_DATA", default)) / "cmapss"
    if not (folder.is_dir() and subsets_in(folder)):
        pytest.skip(f"C-MAPSS not found at {folder}: set TWIN_DATA")
    return folder


@pytest.fixture(scope="module")
def scores(data):
    told = []
    out = evaluate(data, "FD001", told.append)["FD001"]
    assert len(told) == 7
    return out


def test_fd001_reaches_the_gates(scores):
    assert scores["rmse_capped"] <= 10.5
    assert scores["nasa_score"] <= 220
    assert scores["cv_rmse"] <= 9.3
    assert scores["p30_pr_auc"] >= 0.98
    assert scores["ece"] <= 0.006
    assert 0.77 <= scores["coverage_80"] <= 0.90
    assert scores["policy_cost_ratio"] <= 1.06


def test_fd002_reaches_the_gates_with_nothing_tuned_for_it(data):
    train, test = (read_engines(data, "FD002", split) for split in ("train", "test"))
    every = predict(fit_engines(train, report=False), test, read_rul(data, "FD002"))
    scores = scores_on_test_engines(every)
    assert scores["rmse_capped"] <= 10.0
    assert scores["nasa_score"] <= 490
    assert scores["p30_pr_auc"] >= 0.96
    assert scores["ece"] <= 0.006
    assert 0.77 <= scores["coverage_80"] <= 0.90


def test_fd001_beats_every_trivial_baseline_and_the_published_networks(scores):
    for name in ("constant", "age_alone"):
        baseline = scores["baselines"][name]
        for key in ("rmse_capped", "nasa_score", "cv_rmse", "brier", "ece"):
            assert scores[key] < baseline[key]
        assert scores["p30_pr_auc"] > baseline["p30_pr_auc"]
    assert scores["rmse_capped"] < min(PUBLISHED["FD001"].values())
    policies = scores["baselines"]["policy_cost_ratio"]
    assert policies["rule"] < policies["fixed_age_in_hindsight"] < policies["run_to_failure"]


def test_run_to_failure_costs_what_was_published_for_it(scores):
    # ten times the cost of a service over lives one cycle longer: 10 (1 - 1/206.31)
    ratio = scores["baselines"]["policy_cost_ratio"]["run_to_failure"]
    assert ratio == pytest.approx(9.95, abs=0.005)


def test_interval_holds_the_score(scores):
    low, high = scores["rmse_capped_ci"]
    assert low < scores["rmse_capped"] < high


def test_innovations_are_white(scores):
    np.testing.assert_allclose(scores["whiteness"]["variance"], 1.0, atol=0.05)
    assert np.abs(scores["whiteness"]["lag1"]).max() < 0.06


def test_growth_is_found_in_wear(scores):
    assert 1.01 <= scores["growth_per_cycle"] <= 1.03


def test_readers_agree_with_the_published_counts(data):
    engines = read_engines(data, "FD001", "train")
    assert len(engines) == 100
    assert sum(len(e.cycle) for e in engines) == 20631
    assert engines[0].sensors.dtype == np.float32
    assert engines[0].sensors[0, 1] == np.float32(641.82)
    assert read_rul(data, "FD001")[:3].tolist() == [112, 98, 69]


def test_predictions_of_an_engine_do_not_depend_on_the_others(data):
    train = read_engines(data, "FD001", "train")[:10]
    test = read_engines(data, "FD001", "test")[:3]
    model = fit_engines(train, report=False)
    together = predict(model, test, np.array([112.0, 98.0, 69.0]))
    alone = predict(model, test[1:2], np.array([98.0]))
    mine = together.engine == 1
    np.testing.assert_array_equal(together.at(mine).p_soon, alone.p_soon)


def test_folds_leave_out_engines_whole(data):
    engines = read_engines(data, "FD001", "train")[:10]
    found, fold = cross_validate(engines)
    assert sorted(np.bincount(fold).tolist()) == [2] * 5
    assert len(found.truth) == sum(len(e.cycle) for e in engines)
    assert np.all(np.diff(found.engine) >= 0)
    assert rmse(found.rul - found.capped) < 25


def test_rows_and_lives_say_the_same_as_the_files(data):
    engines = read_engines(data, "FD001", "test")[:2]
    rows, lives = engine_rows(engines), engine_lives(engines, failed=False)
    assert isinstance(lives[0], Life)
    assert len(rows) == sum(len(x.rows) for x in lives)
    np.testing.assert_array_equal(rows["value"][0, :21], engines[0].sensors[0])
    np.testing.assert_array_equal(rows["value"][0, 21:], engines[0].settings[0])
    assert len(cmapss_plant("FD001", [1, 2]).machines) == 2


def test_any_subset_whose_files_are_there_is_scored_with_every_key(data, tmp_path):
    left = read_rul(data, "FD001")[:10]
    for split in ("train", "test"):
        lines = []
        for e in read_engines(data, "FD001", split)[:10]:
            values = np.column_stack(
                [np.full(len(e.cycle), e.unit), e.cycle, e.settings, e.sensors]
            )
            lines += [" ".join(f"{v:.6g}" for v in row) + "  " for row in values]
        (tmp_path / f"{split}_FD003.txt").write_text("\n".join(lines) + "\n")
    (tmp_path / "RUL_FD003.txt").write_text("".join(f"{v:.0f} \n" for v in left))
    scores = evaluate(tmp_path)
    assert list(scores) == ["FD003"]
    assert set(scores["FD003"]) >= {
        *("rmse_capped", "rmse_uncapped", "rmse_capped_ci", "nasa_score", "p30_roc_auc"),
        *("p30_pr_auc", "brier", "ece", "coverage_80", "coverage_95", "cv_rmse"),
        *("policy_cost_ratio", "fit_s", "baselines"),
    }
    json.dumps(scores, allow_nan=False)
    assert scores["FD003"]["rmse_capped"] < scores["FD003"]["baselines"]["age_alone"]["rmse_capped"]


def test_absent_or_torn_files_are_named(tmp_path):
    with pytest.raises(DataError, match="no C-MAPSS"):
        evaluate(tmp_path)
    with pytest.raises(DataError, match="train_FD003"):
        evaluate(tmp_path, "FD003")
    (tmp_path / "train_FD001.txt").write_text("1 1 0.0 x\n")
    with pytest.raises(DataError, match=r"train_FD001\.txt"):
        read_engines(tmp_path, "FD001", "train")
    (tmp_path / "train_FD001.txt").write_text("1 1 0.0 2\n")
    with pytest.raises(DataError, match="got 4 columns, want 26"):
        read_engines(tmp_path, "FD001", "train")
