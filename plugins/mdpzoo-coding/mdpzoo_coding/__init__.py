"""Markov coding games: messages through the actions of a policy, couplings of little entropy, bounded encoders."""

from mdpzoo.specs import lazily

WHERE = {  # imported when asked for: the plugin's specs must not wait for numba or torch
    "Coder": "coder.online",
    "PrefixPrior": "coder.prefix_tree",
    "as_probabilities": "policies.interface",
    "compress": "compression.encoders",
    "compress_by_moves": "compression.cell_moves",
    "exact_coupling": "couplings.exact_search",
    "greedy_coupling": "couplings.building",
    "majorisation_bound": "couplings.lower_bounds",
    "minimum_entropy_coupling": "couplings.building",
    "profile_bound": "couplings.lower_bounds",
    "receive": "messages.runs",
    "send": "messages.runs",
    "soft_policy": "policies.soft_optimal",
}
__all__ = list(WHERE)
__getattr__, __dir__ = lazily(__name__, WHERE)
