"""The UCRL2 of statisticalrl-learners on RiverSwim-6: steps per CPU-second of three runs, as JSON on the last line.

Runs in an environment of its own (``pip install statisticalrl-learners``), called by ``nonstationary.py speed --peer``.
Only the learner is the peer's; the river is a table here, so that little but the learner's own time is measured.
"""

import json
import random
import time
from bisect import bisect_right

from statisticalrl_learners.MDPs_discrete.UCRL2 import UCRL2

STEPS, LENGTH = 100_000, 6


def main() -> None:
    """Runs three seeds."""
    print(json.dumps([run(seed) for seed in range(3)]))


def run(seed: int) -> float:
    """Returns steps per CPU-second."""
    numbers, learner, state = random.Random(seed), UCRL2(LENGTH, 2, 0.05), 0
    learner.reset(state)
    began = time.process_time()
    for _ in range(STEPS):
        action = learner.play(state)
        if action == 0:
            move = bisect_right((0.05, 0.4), numbers.random()) - 1
            after = min(max(state + move, 0), LENGTH - 1)
        else:
            after = max(state - 1, 0)
        reward = 0.99 if (state, action) == (LENGTH - 1, 0) else 0.1 if (state, action) == (0, 1) else 0.0
        learner.update(state, action, reward, after)
        state = after
    return STEPS / (time.process_time() - began)


if __name__ == "__main__":
    main()
