"""What mdpzoo-combinatorial brings: specs only, nothing heavy is imported."""

from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec, FamilySpec
from mdpzoo_combinatorial.baselines.table import BASELINES, Solver
from mdpzoo_combinatorial.problems import PROBLEMS
from mdpzoo_combinatorial.problems.record import BQ_NCO


@hookimpl
def mdpzoo_environments() -> list[EnvironmentSpec]:
    """Combinatorial optimisation problems as Markov decision processes."""
    return [
        EnvironmentSpec(
            id=record.id,
            kind="problem",
            rules=record.rules,
            summary=record.summary,
            source=record.source,
            variants=record.variants,
            truth="mdpzoo_combinatorial.baselines.known_values:known_value",
        )
        for record in PROBLEMS.values()
    ]


@hookimpl
def mdpzoo_agents() -> list[AgentSpec]:
    """BQ-NCO, and the baselines that a reader expects beside it."""
    return [
        AgentSpec(
            id="bq-nco",
            build="mdpzoo_combinatorial.bq_nco:build",
            load="mdpzoo_combinatorial.bq_nco:load",
            summary="attention over what is left to solve, trained by imitation (all five problems; pretrained)",
            observations=("Dict",),
            actions=("Discrete",),
            observation_keys=("action_mask",),
            source=BQ_NCO,
        ),
        AgentSpec(
            id="attention-ppo",
            build="mdpzoo_combinatorial.attention:attention_ppo",
            summary="MaskablePPO over attention between tokens, with a score for each (all five problems; extra ppo)",
            observations=("Dict",),
            actions=("Discrete",),
            observation_keys=("action_mask",),
            source="Kool, van Hoof and Welling 2019 (arXiv:1803.08475); Huang and Ontanon 2022 (arXiv:2006.14171)",
        ),
        *(
            AgentSpec(
                id=each.id,
                build=each.agent,
                summary=_agent_summary(each),
                observations=("Dict",),
                actions=("Discrete",),
                observation_keys=(*each.entries, "action_mask"),
                source=each.source,
            )
            for each in BASELINES.values()
            if each.agent is not None
        ),
    ]


def _agent_summary(baseline: Solver) -> str:
    """The table's summary, the problems that the baseline solves and the extra that it needs."""
    extra = f"; extra {baseline.extra}" if baseline.extra else ""
    return f"{baseline.summary} ({', '.join(baseline.problems)}{extra})"


@hookimpl
def mdpzoo_commands() -> list[CommandSpec]:
    """Answers for a routing file."""
    return [
        CommandSpec(
            name="solve",
            function="mdpzoo_combinatorial.commands.solve_file:solve",
            summary="Solve an instance file and print the answer.",
        ),
        CommandSpec(
            name="verify",
            function="mdpzoo_combinatorial.commands.verify_solution:verify",
            summary="Say whether a file solves an instance, and what it is worth.",
        ),
        CommandSpec(
            name="animate",
            function="mdpzoo_combinatorial.commands.animate_agent:animate",
            summary="Show how an agent constructs a solution, as a GIF.",
        ),
    ]


@hookimpl
def mdpzoo_families() -> list[FamilySpec]:
    """The row and the pages of this family."""
    return [
        FamilySpec(
            name="combinatorial",
            summary="each in a direct and a quotiented form, random or from files",
            home="plugins/mdpzoo-combinatorial/mdpzoo_combinatorial/pages/combinatorial.md",
            pages=("mdpzoo_combinatorial:pages/combinatorial.md", "mdpzoo_combinatorial:pages/bq-nco.md"),
            warm_up="mdpzoo_combinatorial.commands.warming:warm_up",
        )
    ]
