"""What docker-compose.yml and Dockerfile name exists in the command line and Settings."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from twin.cli import _parser
from twin.config import Settings
from twin.stores.embedded import CONFIG

ROOT = Path(__file__).parents[1]
PARTS = {"feed", "worker", "planner", "dashboard"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def test_every_part_is_a_service_beside_the_store(services):
    assert set(services) == PARTS | {"redis"}


@pytest.mark.parametrize("part", sorted(PARTS))
def test_a_services_command_is_a_verb_of_the_command_line(services, part):
    assert _parser().parse_args(services[part]["command"]).verb.__name__ == part


def test_every_variable_is_a_setting_that_parses(services):
    known = {f"TWIN_{f.name.upper()}" for f in fields(Settings)}
    for service in services.values():
        given = service.get("environment", {})
        assert set(given) <= known
        Settings.from_env(given)


def test_image_variables_are_settings():
    lines = (ROOT / "Dockerfile").read_text().split()
    named = {word.split("=")[0] for word in lines if word.startswith("TWIN_")}
    assert named <= {f"TWIN_{f.name.upper()}" for f in fields(Settings)}


def test_health_checks_are_commands_that_parse(services):
    for name, service in services.items():
        check = service["healthcheck"]["test"]
        assert check[0] == "CMD", name
        if check[1] == "twin":
            assert _parser().parse_args(check[2:]).part == name


def test_no_service_runs_as_root_or_without_a_memory_limit(services):
    for name, service in services.items():
        assert service["user"].split(":")[0] not in {"0", "root"}, name
        assert service["mem_limit"], name


def test_parts_wait_for_a_healthy_store(services):
    for part in PARTS:
        assert services[part]["depends_on"]["redis"]["condition"] == "service_healthy"


def test_only_screens_and_gateway_are_published_and_only_on_loopback(services):
    published = {name: s["ports"] for name, s in services.items() if "ports" in s}
    default = Settings()
    assert published == {
        "dashboard": [f"127.0.0.1:{default.port}:{default.port}"],
        "feed": [f"127.0.0.1:{default.gateway_port}:{default.gateway_port}"],
    }


def test_every_part_reads_the_same_mounted_plant_file(services):
    for part in PARTS:
        assert services[part]["environment"]["TWIN_PLANT"] == "/etc/twin/plant.toml"
        assert any(v.endswith(":/etc/twin:ro") for v in services[part]["volumes"])


def test_the_server_is_laid_out_as_the_embedded_one(services):
    words = services["redis"]["command"].split()
    for key in ("stream-node-max-bytes", "stream-node-max-entries", "appendfsync"):
        assert words[words.index(f"--{key}") + 1] == CONFIG[key]


def test_what_must_survive_is_on_a_named_volume(services):
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    for name, service in services.items():
        volumes = [v.split(":")[0] for v in service["volumes"] if not v.startswith("$")]
        assert volumes, name
        assert set(volumes) <= set(compose["volumes"])


def test_the_store_never_evicts_and_keeps_an_append_only_file(services):
    command = services["redis"]["command"]
    assert "--maxmemory-policy noeviction" in command
    assert "--appendonly yes" in command
