"""Alignment exactly: tilted distributions, best-of-N, the frontier of reward against KL, blocks of memoryless symbols."""

from mdpzoo.codes import lazily

WHERE = {
    "Best": "best_of_n",
    "Frontier": "tilting",
    "Tilted": "tilting",
    "best_of_n": "best_of",
    "block_best_of_n": "types",
    "cumulant": "tilting",
    "frontier": "tilting",
    "kl_ceiling": "tilting",
    "rate": "tilting",
    "tilt": "tilting",
    "tilt_by": "tilting",
}
WHERE |= {"Best": "best_of"}
__all__ = list(WHERE)
__getattr__, __dir__ = lazily(__name__, WHERE)
