"""A store through which whoever writes to it dies at its n-th call."""

from twin.pipeline.desk import Desk

__all__ = ["DeathError", "Mortal", "dying_desk"]


class DeathError(BaseException):
    """The process ends here: nothing that handles errors may go on."""


class Mortal:
    """Passes every call on; the dies_at-th ends the process before or after it takes effect."""

    def __init__(self, store, dies_at, after):
        self._store, self._left, self._after = store, dies_at, after

    def __getattr__(self, name):
        verb = getattr(self._store, name)
        if not callable(verb):
            return verb

        def called(*args, **given):
            self._left -= 1
            if self._left == 0 and not self._after:
                raise DeathError
            result = verb(*args, **given)
            if self._left == 0:
                raise DeathError
            return result

        return called


def dying_desk(bench, step, dies_at, after):
    """Gives a bench a desk that dies; its step, after whose death another desk takes over."""
    bench.desk = Desk(Mortal(bench.store, dies_at, after), bench.site)

    def go_on():
        try:
            step()
        except DeathError:
            bench.desk = Desk(bench.store, bench.site)
            step()

    return go_on
