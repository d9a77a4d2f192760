"""Alignment exactly: tilted distributions, best-of-N, the frontier of reward against KL, and blocks of symbols."""

from mdpzoo.codes import lazily

WHERE = {
    "Best": "best_of",
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
__all__ = list(WHERE)
__getattr__, __dir__ = lazily(__name__, WHERE)
