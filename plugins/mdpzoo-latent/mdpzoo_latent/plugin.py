"""The specs of mdpzoo-latent; nothing heavy is imported."""

from typing import Any

from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec, FamilySpec, Trial

PAGE = "pages/latent.md"
LMDP = "Kwon, Efroni, Caramanis and Mannor 2021"


# id, rules, summary, source, settings, a variant for the contract tests
ENVIRONMENTS: tuple[tuple[str, str, str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("LatentSignpost", "signposts:signpost", "guess the context, or look at a signpost first", PAGE,
     {"horizon": 10}, {"penalty": 1.0, "delay": 2, "horizon": 5}),
    ("LatentRiverSwim", "rivers:latent_river_swim", "RiverSwim or its mirror image; which one is hidden",
     "Strehl and Littman 2008, with a hidden context", {"horizon": 8}, {"length": 3, "horizon": 4}),
    ("LatentRandom", "random_contexts:latent_random", "random contexts of given support size, separation and weights",
     f"{LMDP}; {PAGE}", {}, {"contexts": 3, "support": 2, "weights": [0.5, 0.25, 0.25], "horizon": 4}),
    ("LatentRooms", "rooms:latent_rooms", "four rooms, one of which hides the goal",
     "Sutton, Precup and Singh 1999, with a hidden goal", {}, {"size": 5, "horizon": 12}),
    ("LatentRewards", "random_contexts:latent_rewards", "one kernel, and rewards that differ and that states tell",
     f"{LMDP} (reward-mixing MDPs)", {}, {"contexts": 3, "states": 2, "observed": False}),
    ("LatentTree", "trees:latent_tree", "a tree in which each context has one secret pull, two successors at most",
     "in the spirit of Zhou, Wang and Du 2023, arXiv:2210.11604", {}, {"depth": 1, "actions": 3, "contexts": 3}),
    ("LatentBandit", "bandits:latent_bandit", "a bandit whose arms are shuffled for each episode",
     "after sb3-contrib #211", {}, {"means": [0.8, 0.2], "horizon": 5}),
    ("RevealingLock", "revealing_pomdps:revealing_lock", "a lock that is revealed at once, or after a step that costs",
     "in the spirit of Chen, Wang, Xiong, Mei and Bai 2023, arXiv:2302.01333", {},
     {"mode": "multi-step", "positions": 1, "pairs": 2}),
    ("Tiger", "tigers:tiger", "listen for the tiger, then open the other door",
     "Kaelbling, Littman and Cassandra 1998", {"horizon": 20}, {"accuracy": 0.7, "horizon": 4}),
)  # fmt: skip


@hookimpl
def mdpzoo_environments() -> list[EnvironmentSpec]:
    """Latent MDPs and revealing POMDPs whose optimum over histories can be computed exactly."""
    return [
        EnvironmentSpec(
            id=f"mdpzoo/{name}-v0",
            kind="model",
            rules=f"mdpzoo_latent.environments.{rules}",
            summary=summary,
            source=source,
            settings=settings,
            variants=(variant,),
            truth="mdpzoo_latent.planning.known_values:known_value",
        )
        for name, rules, summary, source, settings, variant in ENVIRONMENTS
    ]


@hookimpl
def mdpzoo_agents() -> list[AgentSpec]:
    """Learners of latent MDPs, and references."""
    optimism = "Zhou, Wang and Du 2023, arXiv:2210.11604"
    small = Trial(environment="mdpzoo/LatentBandit-v0", environment_settings={"horizon": 4, "reveal": "end"})
    learners = [
        AgentSpec(
            id=id,
            build="mdpzoo_latent.learners.latent_agent:LatentLearner",
            summary=summary,
            observations=("Discrete",),
            actions=("Discrete",),
            settings={"algorithm": id},
            source=source,
            trial=small,
            search={} if id == "lmdp-posterior" else {"bonus_scale": {"low": 0.001, "high": 1.0, "log": True}},
        )
        for id, summary, source in (
            ("lmdp-value-optimistic", "bonuses on the values of histories, context told in hindsight", optimism),
            ("lmdp-model-optimistic", "the best kernels within intervals, context told in hindsight", optimism),
            ("l-ucrl", "L1 balls for each context, told in hindsight or estimated by online EM", LMDP),
            ("lmdp-posterior", "plans over beliefs for contexts drawn from the posterior", "Osband et al. 2013"),
            ("ucbvi", "optimistic value iteration that ignores the context", "Azar, Osband and Munos 2017"),
        )
    ]
    optimal = AgentSpec(
        id="belief-optimal",
        build="mdpzoo_latent.learners.optimal_agent:belief_optimal",
        summary="the exact optimum over histories: a reference",
        observations=("Discrete",),
        actions=("Discrete",),
        source=PAGE,
        trial=small,
    )
    return [*learners, optimal]


@hookimpl
def mdpzoo_commands() -> list[CommandSpec]:
    """The command that plans over beliefs."""
    return [
        CommandSpec(
            name="beliefs",
            function="mdpzoo_latent.commands.beliefs_command:beliefs",
            summary="Compute the optimum of a latent MDP or a POMDP over histories, and what the context is worth.",
        )
    ]


@hookimpl
def mdpzoo_families() -> list[FamilySpec]:
    """The row and the page of this family."""
    return [
        FamilySpec(
            name="latent",
            summary="and revealing POMDPs, with their exact optimum over histories",
            home=f"plugins/mdpzoo-latent/mdpzoo_latent/{PAGE}",
            pages=(f"mdpzoo_latent:{PAGE}",),
        )
    ]
