"""What holds for every coupling and every step, on drawn inputs."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mdpzoo_coding import Coder, greedy_coupling, minimum_entropy_coupling
from mdpzoo_coding.couplings.integer_masses import TOTAL, apportioned, apportioned_exactly

masses = st.lists(st.integers(0, 2**30), min_size=1, max_size=12).filter(any)
rows = st.lists(st.integers(0, 2**20), min_size=2, max_size=5).filter(any)


def same_total(p, q):
    """Two lists of integers as integer marginals of one joint distribution."""
    return np.array(apportioned_exactly(p)), np.array(apportioned_exactly(q))


@settings(max_examples=60, deadline=None)
@given(masses, masses)
def test_couplings_have_their_marginals_and_few_entries(first, second):
    p, q = same_total(first, second)
    for couple in (greedy_coupling, minimum_entropy_coupling):
        found = couple(p, q)
        table = found.dense((len(p), len(q)))
        assert table.sum(1).tolist() == p.tolist()
        assert table.sum(0).tolist() == q.tolist()
        assert (found.masses > 0).all()
        assert len(found.masses) <= np.count_nonzero(p) + np.count_nonzero(q) - 1


@settings(max_examples=60, deadline=None)
@given(masses)
def test_shares_sum_to_the_total_and_keep_the_order(weights):
    shares = apportioned(np.array(weights), 0)
    assert shares.sum() == TOTAL
    for (a, x), (b, y) in zip(
        zip(weights, shares, strict=True), zip(weights[1:], shares[1:], strict=True), strict=False
    ):
        assert a == b or (a < b) == (x < y) or abs(int(x) - int(y)) <= 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(rows, st.integers(0, 2**16)), min_size=1, max_size=12), st.sampled_from([0.0, 0.125]))
def test_beliefs_stay_distributions_and_both_ends_agree(steps, noise):
    sender, receiver = Coder([5, 3], noise), Coder([5, 3], noise)
    for row, number in steps:
        step = sender.couple(np.array(row))
        receiver.couple(np.array(row))
        actions = np.unique(step.rows)
        action = int(actions[number % len(actions)])
        sender.update(action)
        receiver.update(action)
        assert sender.to_bytes() == receiver.to_bytes()
        for block in sender.belief.blocks:
            assert block.sum() == TOTAL
            assert (block >= 0).all()
            if noise:
                assert (block > 0).all()
