"""The specs of this plugin: data only, read before anything heavy is imported.

The spaces of each algorithm are those in the documentation of Stable-Baselines3 2.9 and sb3-contrib 2.9.
"""

from collections.abc import Mapping
from typing import Any

from mdpzoo.hookspecs import hookimpl
from mdpzoo.interop import sb3_ranges
from mdpzoo.specs import AgentSpec, FamilySpec, Trial
from mdpzoo_sb3.search_spaces import SEARCH

OBSERVATIONS = ("Box", "Discrete", "MultiDiscrete", "MultiBinary", "Dict")
FINITE = ("Discrete", "MultiDiscrete", "MultiBinary")
ANY = ("Box", *FINITE)

ROLLOUTS: Mapping[str, Any] = {"n_steps": 8, "batch_size": 8}
EPOCH: Mapping[str, Any] = {**ROLLOUTS, "n_epochs": 1}
REPLAY: Mapping[str, Any] = {"learning_starts": 8, "batch_size": 8, "buffer_size": 200}
SMALL = {"ppo": EPOCH, "recurrent-ppo": EPOCH, "trpo": ROLLOUTS}
SMALL |= dict.fromkeys(("dqn", "qr-dqn", "sac", "td3"), REPLAY)

RANGES: Mapping[str, Mapping[str, Any]] = {
    "ppo": sb3_ranges.PPO,
    "a2c": sb3_ranges.A2C,
    "dqn": sb3_ranges.DQN,
    "sac": sb3_ranges.SAC,
    "td3": sb3_ranges.TD3,
    "recurrent-ppo": sb3_ranges.PPO,
    "qr-dqn": sb3_ranges.DQN,
    "trpo": sb3_ranges.TRPO,
    "random": {name: sb3_ranges.COMMON[name] for name in ("seed", "verbose")},
}

# id, actions, summary, source
AGENTS = (
    ("ppo", ANY, "proximal policy optimisation; honours action_mask", "Schulman et al. 2017"),
    ("a2c", ANY, "synchronous advantage actor-critic; honours action_mask", "Mnih et al. 2016"),
    ("dqn", ("Discrete",), "deep Q-network with replay and a target network", "Mnih et al. 2015"),
    ("sac", ("Box",), "soft actor-critic", "Haarnoja et al. 2018"),
    ("td3", ("Box",), "twin delayed deep deterministic policy gradient", "Fujimoto et al. 2018"),
    ("recurrent-ppo", ANY, "PPO with an LSTM, for what is seen only in part", "Schulman et al. 2017; Ni et al. 2022"),
    ("qr-dqn", ("Discrete",), "quantile regression DQN", "Dabney et al. 2018"),
    ("trpo", ANY, "trust region policy optimisation; honours action_mask", "Schulman et al. 2015"),
    ("random", ANY, "uniform over the legal actions; learns nothing", ""),
)


@hookimpl
def mdpzoo_agents() -> list[AgentSpec]:
    """Ten agents."""
    maskable = AgentSpec(
        id="maskable-ppo",
        build="mdpzoo_sb3.algorithms:maskable_ppo",
        summary="PPO that asks the environment for its legal actions",
        observations=("Dict",),
        actions=FINITE,
        observation_keys=("action_mask",),
        source="Huang and Ontanon 2022",
        trial=Trial(settings=EPOCH),
        search=SEARCH["maskable-ppo"],
        ranges=sb3_ranges.MASKABLE_PPO,
    )
    return [maskable] + [
        AgentSpec(
            id=id,
            build=f"mdpzoo_sb3.algorithms:{id.replace('-', '_')}",
            summary=summary,
            observations=OBSERVATIONS,
            actions=actions,
            source=source,
            trial=Trial(settings=SMALL.get(id, {})),
            search=SEARCH.get(id, {}),
            ranges=RANGES[id],
        )
        for id, actions, summary, source in AGENTS
    ]


@hookimpl
def mdpzoo_families() -> list[FamilySpec]:
    """The row and the pages of this family."""
    return [
        FamilySpec(
            name="stable-baselines3",
            home="plugins/mdpzoo-sb3",
        )
    ]
