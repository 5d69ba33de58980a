"""Settings: read from TWIN_* variables, and nothing misspelt passes."""

from pathlib import Path

import pytest

from twin.config import Settings
from twin.errors import SchemaError


def test_without_variables_everything_is_local():
    settings = Settings.from_env({})
    assert settings.host == "127.0.0.1"
    assert settings.redis_url == ""
    assert settings.plant.name == "plant.toml"


def test_a_variable_takes_the_type_of_its_setting():
    settings = Settings.from_env(
        {"TWIN_PORT": "9000", "TWIN_REORDER_S": "0.5", "TWIN_MODELS": "m", "TWIN_HOST": "::1"}
    )
    assert settings.port == 9000
    assert settings.reorder_s == 0.5
    assert settings.models == Path("m")
    assert settings.host == "::1"


def test_a_value_of_the_wrong_type_names_variable_got_and_want():
    with pytest.raises(SchemaError, match=r"TWIN_PORT: got 'eighty', want int"):
        Settings.from_env({"TWIN_PORT": "eighty"})


@pytest.mark.parametrize(
    ("variable", "text"),
    [("TWIN_PORT", "99999999"), ("TWIN_BATCH_MS", "-5"), ("TWIN_PARTITIONS", "0")],
)
def test_a_value_out_of_bounds_names_variable_got_and_want(variable, text):
    with pytest.raises(SchemaError, match=rf"{variable}: got {text}, want .* to "):
        Settings.from_env({variable: text})


def test_settings_survive_the_way_through_the_environment():
    settings = Settings.from_env({"TWIN_PORT": "9000", "TWIN_MODELS": "m", "TWIN_HOST": "::1"})
    assert Settings.from_env(settings.to_env()) == settings


def test_an_ipv6_host_is_bracketed_and_local():
    settings = Settings.from_env({"TWIN_HOST": "::1"})
    assert settings.is_local
    assert settings.address(80) == "[::1]:80"
    assert not Settings.from_env({"TWIN_HOST": "0.0.0.0"}).is_local


def test_an_unknown_variable_is_a_fault_that_lists_the_known():
    with pytest.raises(SchemaError, match=r"TWIN_REDIS, want one of .*TWIN_REDIS_URL"):
        Settings.from_env({"TWIN_REDIS": "redis://"})


def test_other_programs_variables_are_none_of_ours():
    assert Settings.from_env({"HOME": "/", "TWIN_DATA": "elsewhere"}) == Settings()
