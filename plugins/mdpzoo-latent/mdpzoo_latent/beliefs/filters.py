"""The Bayes filter: the probability of each context, or of each state of a POMDP, given everything seen.

Beliefs are kept as logarithms, so that long episodes do not underflow. Rewards are evidence only if states show them.
"""

from typing import Any

import numpy as np
from scipy.special import logsumexp

from mdpzoo.errors import SettingError
from mdpzoo_latent.planning.processes import process_of


class BeliefFilter:
    """Filters one episode at a time.

    Attributes:
        hidden: contexts of a latent MDP, or states of a POMDP, Y.
        observation: the last one; None before ``start``.
    """

    def __init__(self, model: Any) -> None:
        """Creates a filter.

        Args:
            model: a ``LatentMDP`` or a ``TabularPOMDP``: the true one, or an estimate.

        Raises:
            SettingError: if it is neither.
        """
        self._process = process_of(model)
        self.hidden = self._process.num_hidden
        self.observation: int | None = None
        self._logs, self._visible = np.zeros(self.hidden), 0
        with np.errstate(divide="ignore"):
            self._log_kernels = np.log(self._process.kernels)
            self._log_roots = np.log(self._process.roots)

    @property
    def belief(self) -> np.ndarray:
        """The probabilities, ``[Y]`` float64."""
        return np.exp(self._logs - logsumexp(self._logs))

    def start(self, observation: int) -> np.ndarray:
        """Starts an episode with its first observation, and returns the belief.

        Raises:
            SettingError: if no episode of the model begins with it.
        """
        found = np.flatnonzero(self._process.root_labels == observation)
        if not found.size:
            raise SettingError(f"by the filter's model no episode begins with observation {observation}")
        self._logs, self._visible = self._log_roots[found[0]], int(self._process.root_states[found[0]])
        self.observation = int(observation)
        return self.belief

    def update(self, action: int, observation: int) -> np.ndarray:
        """Updates the belief by an action and the next observation, and returns it.

        Raises:
            SettingError: if the model gives this observation probability 0.
        """
        for branch in self._process.branches(self._visible, int(action)):
            if self._process.labels[branch] == observation:
                kernel = self._log_kernels[branch]
                still = kernel.shape[1] == 1
                logs = self._logs + kernel[:, 0] if still else logsumexp(self._logs[:, None] + kernel, axis=0)
                if np.isfinite(peak := logs.max()):
                    self._logs, self._visible = logs - peak, int(self._process.targets[branch])
                    self.observation = int(observation)
                    return self.belief
        raise SettingError(
            f"by the filter's model observation {observation} cannot follow action {action} "
            f"after observation {self.observation}"
        )
