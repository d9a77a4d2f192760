"""A small seat in which ``mdpzoo check`` tries the senders."""

from typing import Any

from mdpzoo_coding.agents.perfect_receiver import sender_env
from mdpzoo_coding.games.building import code_grid_game


def sender_of_four_messages() -> Any:
    """Makes the sender's seat in CodeGrid with four messages, as two of SB3's environments."""
    return sender_env(code_grid_game(4), num_envs=2, output="sb3")
