import numpy as np
import pytest

from mdpzoo.errors import IllegalActionError, SettingError
from mdpzoo.models import TabularMDP
from tests.toys import coin_walk

STAY = np.eye(3)[:, None, :].repeat(2, 1)  # [3, 2, 3]: every action stays


def test_rows_hold_what_the_dense_arrays_say():
    model = coin_walk(4)
    row = slice(model.offsets[2 * 2 + 1], model.offsets[2 * 2 + 2])  # state 2, action 1
    assert model.successors[row].tolist() == [1, 3]
    assert model.probabilities[row].tolist() == pytest.approx([0.3, 0.7])
    assert model.rewards[row].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("transitions", "rewards", "start", "named"),
    [
        (np.ones((3, 2)), np.zeros((3, 2)), None, "shape [S, A, S]"),  # not three axes
        (STAY * 0.5, np.zeros((3, 2)), None, "must sum to 1, got 0.5"),  # half is missing
        (STAY * 0, np.zeros((3, 2)), None, "leads nowhere"),  # a row of zeros
        (np.where(STAY, 2.0, -0.5), np.zeros((3, 2)), None, "positive"),  # sums to 1 with a negative entry
        (np.where(STAY, np.nan, 0.0), np.zeros((3, 2)), None, "positive"),  # not a number
        (STAY, np.zeros((3, 3)), None, "rewards must have shape"),  # a reward per state pair
        (STAY, np.full((3, 2), np.inf), None, "finite"),  # an infinite reward
        (STAY, np.zeros((3, 2)), [0.5, 0.5], "shape [3]"),  # too short a start
        (STAY, np.zeros((3, 2)), [0.5, 0.4, 0], "sum to 1, got sum 0.9"),  # a tenth is missing
    ],
)
def test_a_broken_array_is_refused_with_its_value(transitions, rewards, start, named):
    with pytest.raises(SettingError) as refused:
        TabularMDP.from_arrays(transitions, rewards, start)
    assert named in str(refused.value)


def test_the_arrays_are_frozen():
    with pytest.raises(ValueError, match="read-only"):
        coin_walk().rewards[0] = 3


@pytest.mark.parametrize("action", [-1, 2, 7])
def test_an_action_outside_the_space_is_refused(action):
    with pytest.raises(IllegalActionError, match=f"got {action}"):
        coin_walk().step(0, action, lambda: 0.5)


@pytest.mark.parametrize(
    ("number", "successor"),
    [
        (0.0, 1),  # successors of state 2 under action 1 are 1 (0.3) and 3 (0.7)
        (0.2999, 1),  # still below the threshold
        (0.3001, 3),  # above it
        (0.9999, 3),
    ],
)
def test_the_number_drawn_picks_the_outcome(number, successor):
    assert coin_walk(4).step(2, 1, lambda: number) == (successor, float(successor == 3), successor == 3)


def test_frequencies_are_the_probabilities():
    model, generator = coin_walk(4), np.random.default_rng(0)
    ups = sum(model.step(1, 0, generator.random)[0] == 2 for _ in range(20_000))
    assert abs(ups / 20_000 - 0.2) < 4 * (0.2 * 0.8 / 20_000) ** 0.5  # four standard errors


def csr(**changed):
    """Two states of one action each that swap, with some arrays replaced."""
    arrays = {
        "offsets": np.array([0, 1, 2]),
        "successors": np.array([1, 0]),
        "probabilities": np.ones(2),
        "rewards": np.zeros(2),
        "start": np.array([1.0, 0.0]),
        "terminal": np.zeros(2, bool),
    }
    return TabularMDP(**arrays | changed)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"successors": np.array([1, -1])}, "successors must lie in 0..1, got -1"),
        ({"successors": np.array([2, 0])}, "successors must lie in 0..1, got 2"),
        ({"start": np.zeros(0)}, "an MDP needs a row for each state and action, got 2 rows for 0 states"),
        ({"start": np.array([1.0, 0, 0])}, "got 2 rows for 3 states"),
        ({"terminal": np.zeros(3, bool)}, "terminal must have shape [2], got [3]"),
        ({"rewards": np.zeros(3)}, "rewards must have shape [2], as successors, got [3]"),
        ({"offsets": np.array([0, 1, 1])}, "offsets must lead from 0 to 2, got 0 to 1"),
        ({"offsets": np.array([0, 2, 2])}, "action 0 in state 1 leads nowhere"),
        ({"probabilities": np.array([1.0, 0.5])}, "the probabilities of action 0 in state 1 must sum to 1, got 0.5"),
        ({"start": np.array([1.5, -0.5])}, "start must be probabilities that sum to 1"),  # sums to 1
    ],
)
def test_broken_rows_are_refused_with_their_place(changed, sentence):
    with pytest.raises(SettingError) as refused:
        csr(**changed)
    assert sentence in str(refused.value)


def test_a_model_shows_its_arrays_and_not_its_spaces():
    assert "action_space" not in repr(csr())
