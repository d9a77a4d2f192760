"""Markov coding games: messages through the actions of a policy, couplings of little entropy, bounded encoders."""

from mdpzoo.codes import lazily

WHERE = {  # imported on first use: the plugin's specs must not wait for numba or torch
    "Coder": "coder.online",
    "PrefixPrior": "coder.prefix_tree",
    "CodingGame": "games.coding_rules",
    "CodingReceiver": "agents.players",
    "CodingSender": "agents.players",
    "as_probabilities": "policies.interface",
    "bottleneck_grid": "games.grids",
    "capacity_return": "analysis.capacity",
    "code_grid": "games.grids",
    "coding_game": "games.building",
    "compress": "compression.encoders",
    "compress_by_moves": "compression.cell_moves",
    "detection": "analysis.detecting",
    "draw_capacity": "analysis.figures",
    "draw_detection": "analysis.detecting",
    "draw_rates": "analysis.figures",
    "exact_accuracy": "analysis.path_enumeration",
    "exact_coupling": "couplings.exact_search",
    "greedy_coupling": "couplings.building",
    "majorisation_bound": "couplings.lower_bounds",
    "minimum_entropy_coupling": "couplings.building",
    "play": "agents.playing",
    "profile_bound": "couplings.lower_bounds",
    "rate_curve": "analysis.rates",
    "receive": "messages.runs",
    "scheme_of": "agents.players",
    "send": "messages.runs",
    "sender_env": "agents.perfect_receiver",
    "soft_policy": "policies.soft_optimal",
}
__all__ = list(WHERE)
__getattr__, __dir__ = lazily(__name__, WHERE)
