import numpy as np
import pytest

from mdpzoo_token.training.entropy_fits import entropy_law


@pytest.mark.parametrize(("part", "highest"), [("all", np.inf), ("below_2_2", 2.2)])
def test_both_fits_are_those_of_the_reference_trace(references, part, highest):
    law = references["entropy_law"]
    _, entropies, rewards = np.array(law["trace"]).T
    found = entropy_law(entropies[entropies < highest], rewards[entropies < highest])
    for fit, name in ((found.exponential, "exp"), (found.linear, "linear")):
        assert fit._asdict() == pytest.approx(law[part][name], rel=0, abs=1e-8)


def test_a_trace_that_obeys_the_law_is_fitted_exactly():
    entropies = np.linspace(0.1, 2.0, 7)
    assert entropy_law(entropies, 0.9 - 0.1 * np.exp(entropies)).exponential == pytest.approx((0.1, 0.9, 1.0))
    assert entropy_law(entropies, 0.9 - 0.1 * entropies).linear == pytest.approx((0.1, 0.9, 1.0))
