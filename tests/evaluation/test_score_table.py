"""The table shows every figure of the JSON that it names, and a dash where there is none."""

from twin.evaluation.table import score_lines


def scores(**changed):
    figures = {
        "rmse_capped": 10.234,
        "rmse_uncapped": 11.367,
        "rmse_capped_ci": [7.95, 12.55],
        "nasa_score": 1170.97,
        "cv_rmse": 7.49,
        "p30_roc_auc": 0.9996,
        "p30_pr_auc": 0.9867,
        "brier": 0.0026,
        "ece": 0.0019,
        "coverage_80": 0.82,
        "coverage_95": 0.94,
        "policy_cost_ratio": 1.032,
        "coefficients": 255,
        "fit_s": 3.2,
        "published_rmse_capped": {"DCNN (Li 2018)": 12.61},
        "baselines": {
            "constant": {"rmse_capped": 41.9},
            "age_alone": {"rmse_capped": 31.1},
            "interval_of_training_lives": {"coverage_80": 0.81},
            "policy_cost_ratio": {
                "run_to_failure": 9.95,
                "fixed_age": 1.74,
                "fixed_age_in_hindsight": 1.62,
            },
        },
    }
    return figures | changed


def test_twin_and_baselines_stand_in_one_line():
    lines = score_lines({"FD001": scores()})
    rmse = next(line for line in lines if line.startswith("RMSE, truth capped"))
    assert rmse.split()[-3:] == ["10.23", "41.90", "31.10"]
    assert any("1,171" in line for line in lines)
    assert any("DCNN (Li 2018) 12.61" in line for line in lines)


def test_what_is_not_known_is_a_dash():
    lines = score_lines({"FD003": scores(p30_pr_auc=None)})
    line = next(line for line in lines if "PR-AUC" in line)
    assert line.split()[-3:] == ["–", "–", "–"]


def test_subsets_follow_each_other_with_a_line_between():
    lines = score_lines({"FD001": scores(), "FD002": scores()})
    assert lines.count("") == 1
    assert lines[lines.index("") + 1].startswith("FD002")
