"""How many samples an address of the residuals page asks for."""

import pytest

from dashboard.data.residuals import SAMPLES
from dashboard.routes.residual_routes import samples_of


@pytest.mark.parametrize("text", ["", "-1", "²", "x", "7", "9" * 5000])
def test_what_an_address_misnames_is_the_default(text: str) -> None:
    assert samples_of({"n": text}) == SAMPLES[1]


@pytest.mark.parametrize("n", SAMPLES)
def test_each_choice_can_be_named(n: int) -> None:
    assert samples_of({"n": str(n)}) == n
