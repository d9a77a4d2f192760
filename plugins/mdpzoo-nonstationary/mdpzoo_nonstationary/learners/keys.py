"""The learner's own random stream, apart from the environment's of the same seed."""

import numpy as np


def learner_key(seed: int | None) -> np.uint64:
    """Returns the key of the learner's stream: the first child of the seed's sequence; None: fresh randomness."""
    return np.random.SeedSequence(seed).spawn(1)[0].generate_state(1, np.uint64)[0]
