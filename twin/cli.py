"""The `twin` command: one short function per verb; the work is done elsewhere."""

import argparse
import json
import math
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from twin.config import Settings
from twin.errors import SchemaError, TwinError

__all__ = ["main"]

BENCH_PARTS = [
    *("kernel", "fallback", "end_to_end", "latency_ms", "bytes_per_reading", "forecast"),
    *("gateway_json", "explorer_ms"),
]
Args = argparse.Namespace
Verb = Callable[[Args, Settings], int | None]
Add = Callable[[Verb], argparse.ArgumentParser]


def main(argv: list[str] | None = None) -> int:
    """Run one verb. Exit status: 0 done, 1 failed, 2 used wrongly."""
    # Matrices here are small: threads inside a product cost more than they give, and a plant runs
    # one process a partition. Read when numpy is first imported, which is later.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    args = _parser().parse_args(argv)
    verb: Verb = args.verb
    try:
        return verb(args, Settings.from_env()) or 0
    except TwinError as error:
        print(f"twin: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # of a file that was named: somebody can mend it
        if error.filename is None:
            raise
        print(f"twin: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def up(_args: Args, settings: Settings) -> int:
    """Run every part, supervised, on the embedded store unless TWIN_REDIS_URL names another."""
    from twin.pipeline.supervisor import run_up

    return run_up(settings)


def feed(_args: Args, settings: Settings) -> None:
    """Run the sources of the plant file: readings in, batches out."""
    from twin.pipeline.feed.feed import run_feed

    run_feed(settings, _until_told())


def worker(args: Args, settings: Settings) -> None:
    """Apply readings to the twins: one process owns some partitions."""
    from twin.pipeline.worker.run import run_worker

    run_worker(settings, args.partitions, _until_told())


def planner(_args: Args, settings: Settings) -> None:
    """Turn risks, orders and costs into plans, suggestions and the work list."""
    from twin.pipeline.planner import run_planner

    run_planner(settings, _until_told())


def dashboard(_args: Args, _settings: Settings) -> None:
    """Serve the screens."""
    os.execv(sys.executable, [sys.executable, "-m", "dashboard.serve"])


def check(args: Args, _settings: Settings) -> int:
    """Check a plant file; name file, key, got and want of every fault at once."""
    from twin.plant import check_plant

    found = check_plant(args.file)
    _print({"file": str(args.file), "faults": found}, args.json, found or [f"{args.file}: good"])
    return 1 if found else 0


def simulate(args: Args, settings: Settings) -> None:
    """Write a simulated history of the plant: readings as Parquet, events as CSV."""
    from twin.sources.history import write_history

    write_history(settings.plant, args.out, days=args.days, seed=args.seed)


def replay(args: Args, settings: Settings) -> None:
    """Replay a file of readings through store, worker and screens."""
    if args.format == "cmapss":
        from twin.evaluation.streamed import replay_cmapss

        def show(scores: Any) -> None:
            _print(scores, args.json)

        replay_cmapss(settings, args.file, args.subset, args.speed, _until_told(), show)
        return
    from twin.pipeline.feed.replay import run_replay

    run_replay(settings, args.file, args.speed, _until_told())


def fit(args: Args, settings: Settings) -> None:
    """Learn twin and failure model of each class from a history with failures."""
    from twin.pipeline.learning.fit import run_fit, run_fit_kept

    if args.kept:
        report = run_fit_kept(settings, args.out)
    else:
        report = run_fit(settings, args.history, args.out, days=args.days, seed=args.seed)
    _print(report, args.json)


def evaluate(args: Args, settings: Settings) -> None:
    """Score models and solvers on published data or a simulated plant, beside trivial baselines."""
    if args.dataset in {"cmapss", "jobshop"} and args.data is None:
        raise SchemaError(f"evaluate {args.dataset}: got no --data, want the folder of its files")
    if args.dataset == "jobshop":
        from twin.evaluation.jobshop import evaluate_jobshop, jobshop_lines

        scores = evaluate_jobshop(args.data, seconds=args.seconds)
        _print(scores, args.json, jobshop_lines(scores))
    elif args.dataset == "plant":
        from twin.evaluation.plant_plan import evaluate_plant

        _print(evaluate_plant(seed=args.seed), args.json)
    elif args.dataset == "policy":
        from twin.evaluation.plant_policy import evaluate_policy, policy_lines

        found = evaluate_policy(
            settings.plant, months=args.months, seeds=args.seeds, models=settings.models
        )
        _print(found, args.json, policy_lines(found))
    else:
        from twin.evaluation import evaluate_dataset
        from twin.evaluation.table import score_lines

        scores = evaluate_dataset(args.dataset, args.data, args.subset)
        _print(scores, args.json, score_lines(scores))


def bench(args: Args, _settings: Settings) -> None:
    """Measure speed and memory as ratios within this run."""
    from twin.evaluation.bench import run_bench

    _print(run_bench(args.only), args.json)


def export(args: Args, settings: Settings) -> None:
    """Write a machine's history to CSV or Parquet."""
    from twin.pipeline.maintain import export_history

    n_rows = export_history(settings, args.machine, args.start, args.end, args.file)
    print(f"{args.file}: {n_rows} samples", file=sys.stderr)


def backup(args: Args, settings: Settings) -> None:
    """Write everything the store holds to one file."""
    from twin.pipeline.maintain import backup_store

    backup_store(settings, args.file)


def restore(args: Args, settings: Settings) -> None:
    """Fill an empty store from a backup."""
    from twin.pipeline.maintain import restore_store

    restore_store(settings, args.file)


def user(args: Args, settings: Settings) -> None:
    """Say who may sign in to the screens, and as what."""
    from twin.pipeline.usercommand import run_user

    lines = run_user(settings, args.what, args.name, args.role, args.password_stdin)
    _print(lines, args.json, lines)


def doctor(args: Args, settings: Settings) -> int:
    """Say what is wrong with this installation, or that nothing is."""
    from twin.pipeline.maintain import examine

    findings = examine(settings, args.part)
    lines = [f"{'ok ' if f.ok else 'BAD'} {f.subject}: {f.detail}" for f in findings]
    _print([f._asdict() for f in findings], args.json, lines)
    return 0 if all(f.ok for f in findings) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="twin", description="Digital twin of a plant.", epilog=_variables()
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def add(verb: Verb) -> argparse.ArgumentParser:
        sub = verbs.add_parser(verb.__name__, help=verb.__doc__, description=verb.__doc__)
        sub.set_defaults(verb=verb)
        return sub

    _running(add)
    _judging(add)
    _keeping(add)
    return parser


def _running(add: Add) -> None:
    """What runs a plant, or plays one."""
    add(up)
    add(feed)
    add(worker).add_argument("--partitions", type=_numbers, help="such as 0,2; default: any free")
    add(planner)
    add(dashboard)

    sub = add(check)
    sub.add_argument("file", type=Path)
    sub.add_argument("--json", action="store_true")

    sub = add(simulate)
    sub.add_argument("out", type=Path, help="folder to write to")
    sub.add_argument("--days", type=_number(float, 0), default=90.0)
    sub.add_argument("--seed", type=_number(int, 0), default=1)

    sub = add(replay)
    sub.add_argument("file", type=Path, help="a file, or for cmapss the folder of the data set")
    sub.add_argument("--format", choices=["plant", "cmapss"], default="plant")
    sub.add_argument("--subset", default="FD001", help="with --format cmapss")
    sub.add_argument("--speed", type=float, help="seconds of plant time a second; 0: flat out")
    sub.add_argument("--json", action="store_true", help="with --format cmapss: the scores")


def _judging(add: Add) -> None:
    """What learns models, and what scores models and solvers."""
    sub = add(fit)
    sub.add_argument("history", type=Path, nargs="?", help="folder; none: simulate the plant")
    sub.add_argument("--kept", action="store_true", help="learn from what this plant has kept")
    sub.add_argument("--out", type=Path, help="folder of models; default: beside the plant file")
    sub.add_argument("--days", type=_number(float, 0), default=180.0, help="of simulated history")
    sub.add_argument("--seed", type=_number(int, 0), default=1)
    sub.add_argument("--json", action="store_true")

    sub = add(evaluate)
    sub.add_argument("dataset", choices=["cmapss", "jobshop", "plant", "policy"])
    sub.add_argument("--data", type=Path, help="folder that holds its files")
    sub.add_argument("--subset", help="cmapss: one of its subsets; default: all that are there")
    seconds = "jobshop: for each instance, 10; its gap is (makespan - best known) / best known"
    sub.add_argument("--seconds", type=_number(float, 0), default=10.0, help=seconds)
    sub.add_argument(
        "--months", type=_number(float, 0), default=6.0, help="policy: of simulated plant; 6"
    )
    sub.add_argument("--seeds", type=_number(int, 1), default=8, help="policy: how many plants; 8")
    sub.add_argument(
        "--seed", type=_number(int, 0), default=1, help="plant: of the invented problem; 1"
    )
    sub.add_argument("--json", action="store_true")

    sub = add(bench)
    sub.add_argument("--only", choices=BENCH_PARTS, help="one part, in under a minute")
    sub.add_argument("--json", action="store_true")


def _keeping(add: Add) -> None:
    """What looks after an installation."""
    sub = add(export)
    sub.add_argument("file", type=Path, help="ends in .csv or .parquet")
    sub.add_argument("--machine", required=True)
    sub.add_argument("--from", dest="start", help="ISO 8601; no offset: the plant's zone")
    sub.add_argument("--to", dest="end")

    add(backup).add_argument("file", type=Path)
    add(restore).add_argument("file", type=Path)

    sub = add(user)
    sub.add_argument("what", choices=["add", "list", "remove", "role", "password"])
    sub.add_argument("name", nargs="?")
    sub.add_argument("--role", help="viewer, operator, manager, engineer or admin")
    sub.add_argument("--password-stdin", action="store_true", help="its first line, unseen")
    sub.add_argument("--json", action="store_true")

    sub = add(doctor)
    sub.add_argument("--part", help="only whether this part is alive: feed, worker, planner")
    sub.add_argument("--json", action="store_true")


def _variables() -> str:
    """The settings, for those who look for a port."""
    names = ", ".join(f"TWIN_{field.name.upper()}" for field in fields(Settings))
    return f"Settings are environment variables, which the README explains: {names}."


def _number(kind: type[float], least: float) -> Callable[[str], float]:
    """Of an option: at least so much; above 0 where 0 is nothing to work with."""

    def read(text: str) -> float:
        want = "more than 0" if kind is float else f"a whole number from {least:g} on"
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"got {text}, want {want}") from None
        if not (least < value < math.inf if kind is float else least <= value):
            raise argparse.ArgumentTypeError(f"got {text}, want {want}")
        return value

    return read


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _print(result: Any, as_json: bool, lines: list[str] | None = None) -> None:
    if as_json:
        print(json.dumps(result))
    else:
        print("\n".join(lines) if lines is not None else json.dumps(result, indent=2))


def _until_told() -> threading.Event:
    """An event set by SIGTERM or SIGINT, so that a part ends between two batches."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


if __name__ == "__main__":
    sys.exit(main())
