"""BORL's bandit over windows and widenings (Cheung et al. 2020): EXP3.P, one choice a block.

What differs from the paper: the grid of choices is this project's; the constants are those of Bubeck and Cesa-Bianchi
2012, theorem 3.2.
"""

import math

import numpy as np

from mdpzoo_nonstationary.learners.chance import uniform
from mdpzoo_nonstationary.learners.records import Learner


def choose_arm(learner: Learner) -> None:
    """Draws the window and the widening of the next block."""
    clock, arms = learner.clock[0], learner.arms
    size, blocks = len(arms), _blocks(learner)
    rate = 0.95 * math.sqrt(math.log(size) / (blocks * size))
    mixed = min(1.05 * math.sqrt(size * math.log(size) / blocks), 1.0)
    weights = np.exp(rate * (arms["score"] - arms["score"].max()))
    arms["share"] = (1 - mixed) * weights / weights.sum() + mixed / size
    number = uniform(learner.clock)
    arm = min(int(np.searchsorted(np.cumsum(arms["share"]), number, "right")), size - 1)
    clock["arm"], clock["earned"] = arm, 0.0
    clock["window"], clock["widening"] = arms["window"][arm], arms["widening"][arm]


def credit_arm(learner: Learner) -> None:
    """Adds the block's mean reward, weighted by 1 / the arm's probability, and EXP3.P's bonus to the scores."""
    design, clock, arms = learner.design[0], learner.clock[0], learner.arms
    bonus = math.sqrt(math.log(len(arms) / design["delta"]) / (_blocks(learner) * len(arms)))
    earned = np.zeros(len(arms))
    earned[clock["arm"]] = clock["earned"] / design["block"]
    arms["score"] += (earned + bonus) / arms["share"]


def _blocks(learner: Learner) -> float:
    return max(float(learner.design["horizon"][0] / learner.design["block"][0]), 1.0)
