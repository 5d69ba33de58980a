"""`twin user` on a real store: what it says, and what it refuses."""

import io
from collections.abc import Callable
from pathlib import Path

import argon2
import pytest

from twin.cli import main
from twin.pipeline import people

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("TWIN_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(people, "_HASHER", argon2.PasswordHasher(1, 64, 1))

    def run_(*words: str, typed: str = "") -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        return main(["user", *words])

    return run_


def test_a_user_comes_is_listed_changes_and_goes(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    add = ("add", "Early", "--role", "operator", "--password-stdin")
    assert run(*add, typed="a quiet bearing\n") == 0
    assert run(*add, typed="a quiet bearing\n") == 1
    assert "not taken" in capsys.readouterr().err
    assert run("role", "early", "--role", "manager") == 0
    assert run("password", "Early", "--password-stdin", typed="a quieter bearing\n") == 0
    capsys.readouterr()
    assert run("list") == 0
    assert capsys.readouterr().out.split()[1:] == ["manager", "Early"]
    assert run("remove", "Early") == 0
    assert run("remove", "Early") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "--role", "viewer"), "want a NAME"),
        (("add", "Early"), "want --role ROLE"),
        (("list", "Early"), "want no name"),
        (("add", "Early", "--role", "viewer"), "--password-stdin"),
        (("password", "Night", "--password-stdin"), "got 'Night'"),
    ],
)
def test_wrong_use_says_what_was_wanted(
    run: Run, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert run(*words) == 1
    assert said in capsys.readouterr().err
