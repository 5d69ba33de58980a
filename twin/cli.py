"""The `twin` command: one short function per verb; the work is done elsewhere."""

import argparse
import sys

from twin.errors import TwinError

__all__ = ["main"]


def main(argv: list[str] | None = None) -> int:
    """Run one verb. Exit status: 0 done, 1 failed, 2 used wrongly."""
    parser = argparse.ArgumentParser(prog="twin", description=__doc__)
    args = parser.parse_args(argv)
    try:
        return int(args.run(args) or 0)
    except TwinError as error:
        print(f"twin: {error}", file=sys.stderr)
        return 1
