"""How tests are spread over processes."""

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """A file's tests stay together, for its fixtures; so do all tests of the running plant, so that
    there is one plant."""
    is_plant = "plant_url" in getattr(item, "fixturenames", ())
    item.add_marker(pytest.mark.xdist_group("plant" if is_plant else item.path.stem))
