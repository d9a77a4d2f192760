"""The accuracy of couplings in a deterministic table with a horizon, exact: every path, every belief."""

from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo_coding.agents.players import Scheme
from mdpzoo_coding.couplings.integer_masses import TOTAL, integer_row


def exact_accuracy(mdp: TabularMDP, scheme: Scheme, horizon: int) -> float:
    """Returns the probability that the receiver's guess is right.

    Args:
        mdp: a deterministic model with one start state.
        scheme: of one block without noise.
        horizon: steps after which the receiver guesses, if the episode has not ended.

    Raises:
        SettingError: if the model is not deterministic, or the scheme not of one block without noise.

    Costs as many couplings as there are prefixes of paths with positive probability.
    """
    if scheme.noise or scheme.length != 1:
        raise SettingError("exact accuracy takes one block without noise")
    if (np.diff(mdp.offsets) != 1).any() or mdp.start.max() != 1:
        raise SettingError("exact accuracy takes a deterministic model")
    successors = mdp.successors.reshape(mdp.num_states, mdp.num_actions)

    def right(state: int, clock: int, coder: Any) -> float:
        if mdp.terminal[state] or clock == horizon:
            return 1 - coder.doubt()
        row = integer_row(scheme.policy.probabilities(state, clock))
        total = 0.0
        for action in np.flatnonzero(row):
            after = coder.copy()
            after.couple(row)
            after.update(int(action))
            total += row[action] / TOTAL * right(int(successors[state, action]), clock + 1, after)
        return total

    return right(int(mdp.start.argmax()), 0, scheme.coder())
