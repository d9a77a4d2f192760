"""MDPZoo: find, run, compare and publish structured decision processes and the algorithms for them.

``import mdpzoo`` registers every installed plugin's environments with Gymnasium and PettingZoo, by strings: it
imports neither torch nor Stable-Baselines3.
"""

from mdpzoo.front import make, make_aec, make_agent, make_parallel, make_sb3, make_vec, seat
from mdpzoo.loading import load_agent
from mdpzoo.registry import agents, environments, load_plugins, plugins

__version__ = "0.1.0"
__all__ = [
    "agents",
    "environments",
    "load_agent",
    "make",
    "make_aec",
    "make_agent",
    "make_parallel",
    "make_sb3",
    "make_vec",
    "plugins",
    "seat",
]

load_plugins()
