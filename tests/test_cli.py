"""The command line: exit status 0 done, 1 failed, 2 used wrongly; errors without a traceback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from twin.cli import main
from twin.config import Settings

DEMO = Settings().plant


def run(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "twin.cli", *words],
        capture_output=True,
        text=True,
        env=env,
        timeout=60,
        check=False,
    )


def test_a_good_plant_file_is_status_0(capsys):
    assert main(["check", str(DEMO)]) == 0
    assert "good" in capsys.readouterr().out


def test_a_bad_plant_file_is_status_1_and_names_every_fault(tmp_path: Path, capsys):
    text = DEMO.read_text().replace('timezone = "Europe/Berlin"', 'timezone = "Berlin"', 1)
    bad = tmp_path / "plant.toml"
    bad.write_text(text + '\n[[machine]]\nid = "X-1"\nclass = "lathe"\nline = "nowhere"\n')
    assert main(["check", str(bad), "--json"]) == 1
    faults = json.loads(capsys.readouterr().out)["faults"]
    assert any("timezone" in fault and "'Berlin'" in fault for fault in faults)


def test_wrong_use_is_status_2():
    with pytest.raises(SystemExit) as ended:
        main(["check"])
    assert ended.value.code == 2
    with pytest.raises(SystemExit) as ended:
        main(["fly"])
    assert ended.value.code == 2


def test_a_failure_is_one_line_without_a_traceback(tmp_path: Path):
    ended = run("check", str(tmp_path / "none.toml"))
    assert ended.returncode == 1
    assert "none.toml" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("policy", "--months", "0"),
        ("policy", "--seeds", "0"),
        ("plant", "--seed", "-1"),
        ("jobshop", "--seconds", "soon"),
    ],
)
def test_a_number_that_cannot_be_is_refused_before_anything_runs(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", *words])
    assert ended.value.code == 2
    assert f"got {words[-1]}, want" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setenv("TWIN_PLANT", str(DEMO))
    taken = tmp_path / "taken"
    taken.write_text("")
    assert main(["simulate", str(taken / "history"), "--days", "0.01"]) == 1
    assert str(taken) in capsys.readouterr().err


def test_a_misspelt_variable_stops_every_verb():
    ended = run("planner", env={"TWIN_REDIS": "x", "PATH": ""})
    assert ended.returncode == 1
    assert "TWIN_REDIS_URL" in ended.stderr
    assert "Traceback" not in ended.stderr
