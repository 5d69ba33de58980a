"""The model file: what is written is what is read, and what does not fit is named."""

import json

import numpy as np
import pytest

from twin.core.features import learn_features
from twin.core.hazard import Hazard, lead_bins, spline_basis
from twin.core.hazard_risk import assess
from twin.errors import ModelError
from twin.modelfile import default_model, load_model, model_of, parse_model, save_model
from twin.pipeline.learning.fit_class import hazard_model
from twin.plant import MachineClass

RNG = np.random.default_rng(0)
CLASS = MachineClass.model_validate(
    {
        "period_s": 60,
        "step_s": 3600,
        "sensor": [
            {"id": "t", "unit": "degC", "normal": [20, 80], "alarm": {"high": 90, "on_delay_s": 5}},
            {"id": "v", "unit": "mm/s", "normal": [0, 6]},
            {"id": "p", "unit": "bar", "normal": [1, 2]},
        ],
        "input": [{"id": "load", "range": [0, 100]}],
        "failure_mode": [{"id": "bearing"}, {"id": "seal"}],
    }
)


def some_hazard() -> Hazard:
    level, slope, age = RNG.normal(size=(50, 3)), RNG.normal(size=(50, 3)), RNG.random(50) * 90
    map_ = learn_features(level, slope, age, np.array([0, 2]), 2, 2)
    edges = lead_bins(336.0)
    basis = spline_basis(edges)
    coef = RNG.normal(0, 0.2, (2, basis.shape[1], map_.size))
    factor = RNG.normal(0, 0.02, (2, 3, basis.shape[1], map_.size))
    reference = RNG.normal(size=(2, 3))
    return Hazard(("bearing", "seal"), map_, edges, basis, coef, factor, reference, True)


def fitted_model(hazard: Hazard):
    written = hazard_model(hazard, CLASS.sensor_ids, [4, 9], 1.5)
    trend = default_model("pump", CLASS).trend_model
    return model_of("pump", CLASS, trend, written, version=3, fitted={"failures": 13})


def test_model_reads_back_as_written(tmp_path):
    model = fitted_model(some_hazard())
    path = tmp_path / "models" / "pump.json"
    save_model(model, path)
    assert load_model(path) == model
    assert not list(path.parent.glob("*.part"))


def test_risk_from_the_file_equals_risk_from_the_fit():
    hazard = some_hazard()
    read = parse_model(fitted_model(hazard).model_dump_json(by_alias=True)).hazard()
    level, slope, age = RNG.normal(size=(9, 3)), RNG.normal(size=(9, 3)), RNG.random(9) * 90
    got, want = assess(read, level, slope, age), assess(hazard, level, slope, age)
    np.testing.assert_array_equal(got.p, want.p)
    np.testing.assert_array_equal(got.driver, want.driver)
    np.testing.assert_allclose(got.p_hi, want.p_hi, rtol=1e-4)


def test_trend_takes_limits_and_gate_from_the_plant_file():
    trend = default_model("pump", CLASS).trend(CLASS)
    assert trend.limits[2].tolist()[0] == 90.0
    assert np.isnan(trend.limits[2, 1])
    assert trend.on_delay_us[0] == 5e6
    assert trend.gate == pytest.approx(15.1367, abs=1e-4)  # chi-squared(1) table at .9999
    assert trend.step_us == 3.6e9


def test_default_model_spans_the_normal_range_with_six_sds():
    trend = default_model("pump", CLASS).trend(CLASS)
    assert trend.offset[0].tolist() == [50.0, 3.0, 1.5]
    np.testing.assert_allclose(trend.scale[0], [10.0, 1.0, 1 / 6])
    assert default_model("pump", CLASS).hazard() is None


def test_other_lanes_than_the_plants_are_refused_by_name():
    model = default_model("pump", CLASS)
    fewer = CLASS.model_copy(update={"sensors": CLASS.sensors[:2]})
    with pytest.raises(ModelError, match=r"sensors: got .*'p'.* want \['t', 'v'\]"):
        model.trend(fewer)
    slower = CLASS.model_copy(update={"step_s": 60.0})
    with pytest.raises(ModelError, match="step_s"):
        model.trend(slower)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.update(format="plant-twin-model/9"), "format"),
        (lambda d: d.pop("version"), "version"),
        (lambda d: d.update(colour="red"), "colour"),
        (lambda d: d["trend"]["r"].append("x"), "trend.r"),
        (lambda d: d["hazard"]["centre"].pop(), "hazard: .*centre: got 4 values, want 5"),
        (lambda d: d["hazard"]["modes"][1]["coef"][2].pop(), "modes.1. row: got 20"),
        (lambda d: d["hazard"]["sensors"].append("q"), "hazard"),
        (lambda d: d["hazard"]["sensors"].__setitem__(0, "q"), "hazard.sensors: got .*'q'"),
        (lambda d: d["trend"]["q_slope"].pop(), "trend.q_slope: got 2 values, want 3"),
        (lambda d: d["hazard"].update(course=[-5.0, -6.0, 0.0]), "course: got .*-6.0.*not fall"),
        (lambda d: d["hazard"].update(course=[-6.0, -5.0, 40.0]), "hazard.course.2"),
    ],
)
def test_every_fault_of_a_file_names_file_and_key(change, says, tmp_path):
    document = json.loads(fitted_model(some_hazard()).model_dump_json(by_alias=True))
    change(document)
    path = tmp_path / "pump.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ModelError, match=f"pump.json: .*{says}"):
        load_model(path)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"format": NaN}', "\x00"])
def test_what_is_no_model_is_a_model_error(text):
    with pytest.raises(ModelError):
        parse_model(text)


def test_an_absent_file_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        load_model(tmp_path / "nothing.json")


def test_numbers_that_are_not_finite_are_refused():
    document = json.loads(default_model("pump", CLASS).model_dump_json(by_alias=True))
    document["trend"]["growth"] = float("inf")
    with pytest.raises(ModelError, match="growth"):
        parse_model(json.dumps(document))
