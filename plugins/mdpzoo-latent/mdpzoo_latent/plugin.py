"""What mdpzoo-latent brings: specs only, nothing heavy is imported."""

from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec, FamilySpec

ROOM = "mdpzoo_latent.environments"
LMDP = "Kwon, Efroni, Caramanis and Mannor 2021"


@hookimpl
def mdpzoo_environments() -> list[EnvironmentSpec]:
    """Latent MDPs and revealing POMDPs whose optimum over histories can be computed exactly."""
    return [
        EnvironmentSpec(
            id="mdpzoo/LatentSignpost-v0",
            kind="model",
            rules=f"{ROOM}.signposts:signpost",
            summary="guess the context, or look at a signpost first",
            source="pages/latent.md",
            settings={"horizon": 10},
            variants=({"penalty": 1.0, "delay": 2, "horizon": 5},),
        ),
        EnvironmentSpec(
            id="mdpzoo/LatentRiverSwim-v0",
            kind="model",
            rules=f"{ROOM}.rivers:latent_river_swim",
            summary="RiverSwim or its mirror image; which one is hidden",
            source="Strehl and Littman 2008, with a hidden context",
            settings={"horizon": 8},
            variants=({"length": 3, "horizon": 4},),
        ),
        EnvironmentSpec(
            id="mdpzoo/LatentRandom-v0",
            kind="model",
            rules=f"{ROOM}.random_contexts:latent_random",
            summary="random contexts of given support size, separation and weights",
            source=f"{LMDP}; pages/latent.md",
            variants=({"contexts": 3, "support": 2, "weights": [0.5, 0.25, 0.25], "horizon": 4},),
        ),
        EnvironmentSpec(
            id="mdpzoo/LatentRooms-v0",
            kind="model",
            rules=f"{ROOM}.rooms:latent_rooms",
            summary="four rooms, one of which hides the goal",
            source="Sutton, Precup and Singh 1999, with a hidden goal",
            variants=({"size": 5, "horizon": 12},),
        ),
        EnvironmentSpec(
            id="mdpzoo/LatentRewards-v0",
            kind="model",
            rules=f"{ROOM}.random_contexts:latent_rewards",
            summary="contexts that share their kernel and differ in the rewards that states tell",
            source="Kwon, Efroni, Caramanis and Mannor 2021 (reward-mixing MDPs)",
            variants=({"contexts": 3, "states": 2, "observed": False},),
        ),
        EnvironmentSpec(
            id="mdpzoo/LatentTree-v0",
            kind="model",
            rules=f"{ROOM}.trees:latent_tree",
            summary="a tree in which each context has one secret pull, with two successors at most",
            source="in the spirit of Zhou, Wang and Du 2023, arXiv:2210.11604",
            variants=({"depth": 1, "actions": 3, "contexts": 3},),
        ),
        EnvironmentSpec(
            id="mdpzoo/LatentBandit-v0",
            kind="model",
            rules=f"{ROOM}.bandits:latent_bandit",
            summary="a bandit whose arms are shuffled for each episode",
            source="after sb3-contrib #211",
            variants=({"means": [0.8, 0.2], "horizon": 5},),
        ),
        EnvironmentSpec(
            id="mdpzoo/RevealingLock-v0",
            kind="model",
            rules=f"{ROOM}.revealing_pomdps:revealing_lock",
            summary="a lock whose pulls are revealed at once, or after a step that costs",
            source="in the spirit of Chen, Wang, Xiong, Mei and Bai 2023, arXiv:2302.01333",
            variants=({"mode": "multi-step", "positions": 1, "pairs": 2},),
        ),
        EnvironmentSpec(
            id="mdpzoo/Tiger-v0",
            kind="model",
            rules=f"{ROOM}.tigers:tiger",
            summary="listen for the tiger, then open the other door",
            source="Kaelbling, Littman and Cassandra 1998",
            settings={"horizon": 20},
            variants=({"accuracy": 0.7, "horizon": 4},),
        ),
    ]


@hookimpl
def mdpzoo_agents() -> list[AgentSpec]:
    """Learners of latent MDPs, and references."""
    optimism = "Zhou, Wang and Du 2023, arXiv:2210.11604"
    learners = [
        AgentSpec(
            id=id,
            build="mdpzoo_latent.learners.latent_agent:LatentLearner",
            summary=summary,
            observations=("Discrete",),
            actions=("Discrete",),
            settings={"algorithm": id},
            source=source,
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
        source="pages/latent.md",
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
            home="plugins/mdpzoo-latent/mdpzoo_latent/pages/latent.md",
            pages=("mdpzoo_latent:pages/latent.md",),
        )
    ]
