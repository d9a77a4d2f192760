"""Detectability of messages: an observer's test of the actions' likelihood under the policy.

The standard score of a run is its log-likelihood minus the expectation under the policy, over the standard deviation
under the policy: sums over the steps of log pi(a) + H(pi) and of the variance of log pi. Under the policy its mean is 0
and its variance 1, whatever the states were.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.records import Trajectories
from mdpzoo.showing import shown
from mdpzoo_coding.analysis.figures import labelled_axes
from mdpzoo_coding.couplings.integer_masses import TOTAL


@shown
@dataclass(frozen=True, eq=False, repr=False)
class Detection:
    """Standard scores of episodes.

    Attributes:
        scores: ``[E]`` float64.
        mean: of the scores.
        standard_error: of their mean.
    """

    scores: np.ndarray
    mean: float
    standard_error: float

    def difference(self, other: "Detection") -> float:
        """Returns the difference of two means in units of its standard error."""
        return (self.mean - other.mean) / math.hypot(self.standard_error, other.standard_error)


def detection(run: Trajectories) -> Detection:
    """Scores each episode of a run that holds the policy's masses.

    Args:
        run: trajectories with ``revealed["masses"]``, as ``send`` and ``ordinary_run`` record them; at least two
            episodes.

    Raises:
        SettingError: if the masses are missing, or there are too few episodes.
    """
    masses = run.revealed.get("masses")
    if masses is None or run.num_episodes < 2:
        raise SettingError("a detection test needs two episodes with the policy's masses")
    scores = np.empty(run.num_episodes)
    for episode in range(run.num_episodes):
        begin, end = int(run.offsets[episode]), int(run.offsets[episode + 1])
        chances = masses[begin + episode : end + episode] / TOTAL
        scores[episode] = standard_score(chances, run.actions[begin:end])
    deviation = float(scores.std(ddof=1))
    return Detection(scores, float(scores.mean()), deviation / math.sqrt(len(scores)))


def standard_score(chances: np.ndarray, actions: np.ndarray) -> float:
    """Returns the standard score of a sequence of actions; 0 where the policy left no choice.

    Args:
        chances: ``[T, A]`` float64, the policy's probabilities.
        actions: ``[T]`` int64, of positive probability.
    """
    logs = np.log(np.where(chances > 0, chances, 1.0))
    means = (chances * logs).sum(1)
    variance = float((chances * (logs - means[:, None]) ** 2).sum())
    taken = logs[np.arange(len(actions)), actions]
    return float((taken - means).sum()) / math.sqrt(variance) if variance > 0 else 0.0


def draw_detection(path: str | Path, sent: Detection, ordinary: Detection) -> None:
    """Saves a figure of both sets of scores beside the standard normal distribution.

    Args:
        path: a .png, .svg or .pdf.
        sent: scores of runs that carry a message.
        ordinary: scores of runs that do not.

    Raises:
        MissingExtraError: if Matplotlib is not installed.
    """
    figure, axes = labelled_axes("standard score of the actions' log-likelihood", "density")
    limit = max(4.0, np.abs(sent.scores).max(), np.abs(ordinary.scores).max())
    edges = np.linspace(-limit, limit, 25)
    axes.hist([sent.scores, ordinary.scores], edges, density=True, label=["with a message", "without"])
    points = np.linspace(-limit, limit, 200)
    axes.plot(points, np.exp(-(points**2) / 2) / math.sqrt(2 * math.pi), color="black", label="under the policy")
    axes.legend(frameon=False)
    figure.savefig(path, bbox_inches="tight")
