import numpy as np
import pytest
from scipy.optimize import linprog

from mdpzoo_latent.planning.vector_kernels import useful


def margin(vector, others):
    """The largest d such that b . (vector - w) >= d for all others, over beliefs b, by a linear program."""
    hidden = len(vector)
    rows = np.hstack([others - vector, np.ones((len(others), 1))])
    found = linprog(
        np.append(np.zeros(hidden), -1.0),
        rows,
        np.zeros(len(others)),
        np.append(np.ones(hidden), 0.0)[None],
        [1.0],
        bounds=[(0, None)] * hidden + [(None, None)],
    )
    return -found.fun


@pytest.mark.parametrize("hidden", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(5))
def test_what_is_kept_is_what_is_best_somewhere(hidden, seed):
    vectors = np.random.default_rng(seed).normal(size=(30, hidden))
    kept = set(useful(vectors, 1e-10).tolist())
    for place in range(30):
        assert (place in kept) == (margin(vectors[place], np.delete(vectors, place, 0)) > 1e-10)


def test_the_upper_surface_stays():
    generator = np.random.default_rng(7)
    vectors, beliefs = generator.normal(size=(200, 4)), generator.dirichlet(np.ones(4), 2_000)
    kept = vectors[useful(vectors, 1e-12)]
    np.testing.assert_allclose((beliefs @ kept.T).max(1), (beliefs @ vectors.T).max(1), atol=1e-11)


def test_of_equal_vectors_one_stays():
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    kept = vectors[useful(vectors, 1e-12)]
    assert sorted(map(tuple, kept)) == [(0.0, 1.0), (1.0, 0.0)]


@pytest.mark.parametrize(
    ("vectors", "kept"),
    [
        ([[1.0, 1.0], [0.0, 0.0]], [0]),  # dominated pointwise
        ([[2.0, 0.0], [0.0, 2.0], [0.9, 0.9]], [0, 1]),  # dominated by a mixture: the mean of the others is (1, 1)
        ([[2.0, 0.0], [0.0, 2.0], [1.1, 1.1]], [0, 1, 2]),
        ([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]], [0, 1]),  # touches the surface in one point
        ([[3.0]], [0]),
        ([[1e-3, 0.0], [0.0, 1e-3], [0.51e-3, 0.51e-3]], [0, 1, 2]),  # small numbers are not rounded away
        ([[1e6, 0.0], [0.0, 1e6], [1.0, 1.0]], [0, 1]),
    ],
)
def test_small_sets_by_hand(vectors, kept):
    assert useful(np.array(vectors), 1e-12).tolist() == kept
