"""Both formats are read for what they say, whatever stands around; what is malformed is named."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from twin.errors import DataError
from twin.evaluation.jobshop_files import instances_in
from twin.evaluation.jobshop_formats import parse_instance

CLASSIC = (((0, 3), (1, 2), (2, 2)), ((0, 2), (2, 1), (1, 4)), ((1, 4), (2, 3), (0, 1)))
"""Three jobs on three machines."""
FLEXIBLE = ((((0, 5), (2, 4)), ((1, 3),)), (((1, 1), (0, 2), (2, 6)), ((2, 3),)))
"""Two jobs of two operations on three machines."""


def classic_text(jobs, base=0):
    return [" ".join(f"{m + base} {d}" for m, d in job) for job in jobs]


def flexible_text(jobs, base=0):
    rows = []
    for job in jobs:
        choices = [f"{len(o)} " + " ".join(f"{m + base} {d}" for m, d in o) for o in job]
        rows.append(f"{len(job)}  " + "  ".join(choices))
    return rows


def alone(jobs):
    """Classic jobs as jobs of one choice each."""
    return tuple(tuple((pair,) for pair in job) for job in jobs)


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize("head", [[], ["3 3"], ["# sizes", "", "3\t3  # jobs, machines"]])
def test_classic_is_told_by_content(head, base):
    found = parse_instance("\n".join([*head, *classic_text(CLASSIC, base)]), "x.txt")
    assert (found.kind, found.jobs, found.n_machines) == ("classic", alone(CLASSIC), 3)


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize("head", [[], ["2 3"], ["2 3 2"], ["2 3 1.75"], ["an old one", "2 3"]])
def test_flexible_is_told_by_content(head, base):
    found = parse_instance("\n".join([*head, *flexible_text(FLEXIBLE, base), ""]), "x.fjs")
    assert (found.kind, found.jobs, found.n_machines) == ("flexible", FLEXIBLE, 3)


def test_machines_of_the_sizes_count_though_no_job_visits_them():
    assert parse_instance("1 5\n0 3 1 2\n", "x").n_machines == 5


def test_machine_zero_may_stand_unused():
    """Machines 1 and 2 of three, counted from 0: were they counted from 1, they would be two."""
    found = parse_instance("1 3\n1 3 2 2\n", "x")
    assert found.jobs == ((((1, 3),), ((2, 2),)),)


pairs = st.tuples(st.integers(0, 6), st.integers(1, 99))


@given(
    jobs=st.lists(
        st.lists(
            st.lists(pairs, min_size=1, max_size=4, unique_by=lambda pair: pair[0]),
            min_size=1,
            max_size=5,
        ),
        min_size=1,
        max_size=6,
    ),
    sized=st.booleans(),
)
def test_flexible_is_read_as_written(jobs, sized):
    jobs = tuple(tuple(tuple(o) for o in job) for job in jobs)
    used = {m for job in jobs for o in job for m, _ in o}
    assume(0 in used and any(len(o) > 1 for job in jobs for o in job))
    n = max(used) + 1
    rows = ([f"{len(jobs)} {n} 2.0"] if sized else []) + flexible_text(jobs)
    assume(sized or len(rows[0].split()) > 3)
    assume(any(len(row.split()) % 2 for row in rows[sized:]))
    found = parse_instance("\n".join(rows), "x")
    assert (found.kind, found.jobs, found.n_machines) == ("flexible", jobs, n)


@given(st.lists(st.permutations(range(5)), min_size=1, max_size=8), st.data())
def test_classic_is_read_as_written(routes, data):
    ticks = st.lists(st.integers(1, 99), min_size=5, max_size=5)
    jobs = [list(zip(route, data.draw(ticks), strict=True)) for route in routes]
    found = parse_instance("\n".join([f"{len(jobs)} 5", *classic_text(jobs)]), "x")
    assert (found.kind, found.jobs) == ("classic", alone(jobs))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", None, "got no jobs"),
        ("2 2\n0 3 1 2\n", 2, "got 1 jobs, want the 2"),
        ("2 2\n0 3 1 2\n0 3 1\n", 3, "got 3 numbers, want pairs"),
        ("2 2\n0 3 1 2\n0 3 two 1\n", 3, "got 'two', want whole numbers"),
        ("2 2\n0 3 1 2\n0 3 1 2.5\n", 3, "got '2.5', want whole numbers"),
        ("2 2\n0 3 1 2\n5\n", 3, "got 1 numbers, want pairs"),
        ("2 2\n0 3 1 2\n0 3 1 2\n1 3 0 2\n", 4, "got 3 jobs, want the 2"),
        ("0 3 1000000 2\n0 3 1 2\n", None, "got 1000001 machines"),
        ("2 2\n0 3 1 2\n0 3 1 2e9\n", 3, "got '2e9', want whole numbers"),
        ("2 2\n0 3 1 2\n0 3 1 2000000000\n", 3, "want at most 1000000000"),
        ("2 2\n0 3 1 2\n0 3 1 -2\n", 3, "got -2, want no negative number"),
        ("2 2\n0 3 1 2\n1 3 0 0\n", 3, "got a duration of 0"),
        ("2 2\n0 3 1 2\n0 3 2 2\n", 3, "got machine 2, want 2 machines"),
        (
            "2 3 1.5\n2 2 0 5 2 4 1 1 3\n2 1 0 5 1 1\n",
            3,
            "operation 2: got 1 numbers, want 1 pairs",
        ),
        ("2 3 1.5\n2 2 0 5 2 4 1 1 3\n3 1 0 5 1 1 4\n", 3, "got 2 operations, want 3"),
        ("2 3 1.5\n2 2 0 5 2 4 1 1 3\n1 1 0 5 1\n", 3, "got 5 numbers, want 4 for 1 operations"),
        ("2 3 1.5\n2 2 0 5 2 4 1 1 3\n2 1 0 5 0\n", 3, "operation 2: got 0 choices"),
    ],
)
def test_what_is_malformed_is_named_with_its_line(text, line, said):
    with pytest.raises(DataError) as error:
        parse_instance(text, "old/x.txt")
    place = "old/x.txt" if line is None else f"old/x.txt line {line}"
    assert str(error.value).startswith(f"{place}: ")
    assert said in str(error.value)


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize(
    ("head", "tail"),
    [
        ("{n} 3 by somebody, {n} jobs", "EOF"),
        ("\ufeff{n} 3 2,5", "LB: 5"),
        ("// 1 2 3\n{n} 3 2.5 % sizes", "11\n11 13"),
        ("\ufeff+++\ninstance 7\n{n}\t3\r", "\n% 4\n12"),
    ],
)
@pytest.mark.parametrize("jobs", [CLASSIC, FLEXIBLE])
def test_what_stands_around_changes_nothing(jobs, head, tail, base):
    rows = classic_text(jobs, base) if jobs is CLASSIC else flexible_text(jobs, base)
    head = head.format(n=len(jobs))
    if jobs is CLASSIC:  # A mean number of machines is a flexible shop's.
        head = head.replace(" 2,5", "").replace(" 2.5", "")
    rows[0] += " // the first"
    found = parse_instance("\n".join([head, *rows, tail]), "x")
    assert found.jobs == (alone(jobs) if jobs is CLASSIC else jobs)


def test_whole_numbers_may_be_written_with_a_point():
    plain = parse_instance("1 2\n0 3 1 2\n", "x")
    assert parse_instance("1.0 2\n0 3.0 1 2.00\n", "x") == plain


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9)), min_size=1, max_size=6))
def test_a_machine_listed_twice_counts_with_its_least_duration(choices):
    job = f"2 1 0 4 {len(choices)} " + " ".join(f"{m} {d}" for m, d in choices)
    found = parse_instance(f"1 3 2\n{job}\n", "x").jobs[0][1]
    least = {m: min(d for k, d in choices if k == m) for m, _ in choices}
    assert dict(found) == least
    assert len(found) == len(least)


@pytest.fixture
def said():
    return []


def test_folder_is_searched_with_best_known_beside_each_file(tmp_path, said):
    for folder, rows in (("classic", classic_text(CLASSIC)), ("flexible", flexible_text(FLEXIBLE))):
        (tmp_path / folder).mkdir()
        for name in ("same", folder):
            (tmp_path / folder / f"{name}.txt").write_text("\n".join(rows))
    (tmp_path / "classic" / "best_known.json").write_text(json.dumps({"same": 11, "other": 3}))
    (tmp_path / "best_known.json").write_text(json.dumps({"classic": 12, "flexible": 9}))
    (tmp_path / "README.md").write_text("not an instance")
    found = {i.name: (i.kind, i.best_known) for i in instances_in(tmp_path, said.append)}
    assert said == []
    assert found == {
        "classic": ("classic", None),
        "classic/same": ("classic", 11),
        "flexible": ("flexible", 9),  # none beside it: the nearest above
        "flexible/same": ("flexible", None),
    }


def test_two_files_of_one_name_are_told_apart_by_their_suffix(tmp_path, said):
    for suffix in (".txt", ".jsp"):
        (tmp_path / f"same{suffix}").write_text("\n".join(classic_text(CLASSIC)))
    found = instances_in(tmp_path, said.append)
    assert [instance.name for instance in found] == ["same.jsp", "same.txt"]


ODD = {
    "NOTICE": b"Copyright",
    "SOURCES.txt": b"1 2\n0 3 1 2\n",
    "checksums": b"4f3a ft06.txt",
    "table.csv": b"name,jobs\nx,3\n",
    "x.fjs~": b"1 2\n0 3 1 2\n",
    "zero.txt": b"1 2\n0 0 1 2\n",
    "too_many.txt": b"1 2\n0 3 1 2 7\n",
    "not_text.dat": bytes(range(256)),
    "utf16.txt": "1 2\n0 3 1 2\n".encode("utf-16"),
    "mean_gap.txt": b"1 2\n0 3 1 2\n",
    "empty.txt": b"",
}


def test_no_file_takes_another_away(tmp_path, said):
    for name, content in ODD.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "x.csv").write_text("\n".join(classic_text(CLASSIC)))
    (found,) = instances_in(tmp_path, said.append)
    assert (found.name, found.jobs) == ("x", alone(CLASSIC))
    told = "\n".join(said)
    for name in ("checksums", "table.csv", "zero.txt line 2", "too_many.txt line 2", "mean_gap"):
        assert name in told
    assert "got a duration of 0, want 1 or more" in told


@pytest.mark.parametrize(
    ("text", "known", "word"),
    [
        ('{"X": 11}', 11, None),
        ('{"X": 12, "x": 11}', 11, None),
        ('\ufeff{"x": 11.0}', 11, None),
        ('{"x": null}', None, None),
        ('{"y": "11"}', None, None),
        ("{", None, "want JSON"),
        ("[1]", None, "got list"),
        ('{"x": "11"}', None, "x: got '11'"),
        ('{"x": [10, 11]}', None, "x: got [10, 11]"),
        ('{"x": true}', None, "x: got True"),
        ('{"x": 0}', None, "x: got 0"),
        ('{"x": 11.5}', None, "x: got 11.5"),
        ('{"x": NaN}', None, "x: got nan"),
    ],
)
def test_an_odd_best_known_is_none_and_said(tmp_path, said, text, known, word):
    (tmp_path / "x.txt").write_text("\n".join(classic_text(CLASSIC)))
    (tmp_path / "best_known.json").write_text(text, encoding="utf-8")
    assert instances_in(tmp_path, said.append)[0].best_known == known
    assert len(said) == (word is not None)
    assert word is None or word in said[0]


def test_a_folder_without_instances_is_refused(tmp_path, said):
    with pytest.raises(DataError, match="got no instance"):
        instances_in(tmp_path, said.append)
    (tmp_path / "x.txt").write_text("1 2\n0 0 1 2\n")
    with pytest.raises(DataError, match="got no instance"):
        instances_in(tmp_path, said.append)
    with pytest.raises(DataError, match="no such folder"):
        instances_in(tmp_path / "gone", said.append)
