"""Masked denoising of Markov chains, where the ideal denoiser, its validity and its likelihood are known exactly."""

from mdpzoo.codes import lazily

WHERE = {
    "MarkovSource": "sources",
    "exact_validity": "enumeration",
    "sampled_validity": "sampling",
    "step_advantages": "mdpo",
}
__all__ = list(WHERE)
__getattr__, __dir__ = lazily(__name__, WHERE)
