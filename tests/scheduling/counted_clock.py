"""A clock that looks at it move on and time does not: solvers get as many rounds anywhere."""

from twin.scheduling.schedule import Limit

__all__ = ["CountedClock", "rounds"]


class CountedClock:
    """Moves on by as much at every look: what repeats, repeats under it."""

    def __init__(self, step_s=1.0):
        self.now_s, self.step_s = 0.0, step_s

    def __call__(self):
        self.now_s += self.step_s
        return self.now_s


def rounds(n, seed=1):
    """A limit of n looks at the clock."""
    return Limit(float(n), CountedClock(), seed)
