"""The specs of mdpzoo-combinatorial; importing them imports neither torch nor numba."""

from typing import Any

from mdpzoo.hookspecs import hookimpl
from mdpzoo.interop import sb3_ranges
from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec, FamilySpec, Trial
from mdpzoo_combinatorial.baselines.table import BASELINES, Solver
from mdpzoo_combinatorial.problems import PROBLEMS
from mdpzoo_combinatorial.problems.record import BQ_NCO

LIMITS = {"pyvrp": {"seconds": 0.05}}  # of anytime solvers in trials, whose instances are solved at once


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
            truth="mdpzoo_combinatorial.studies.known_values:known_value",
        )
        for record in PROBLEMS.values()
    ]


@hookimpl
def mdpzoo_agents() -> list[AgentSpec]:
    """BQ-NCO, attention-ppo, and the baselines."""
    return [
        AgentSpec(
            id="bq-nco",
            build="mdpzoo_combinatorial.bq_nco:build",
            load="mdpzoo_combinatorial.bq_nco:load",
            summary="attention over the remaining problem, trained by imitation (all five problems; pretrained)",
            observations=("Dict",),
            actions=("Discrete",),
            observation_keys=("action_mask",),
            source=BQ_NCO,
            trial=_trial("mdpzoo/TSP-v0", num_instances=8, size=6, imitation={"tokens": 64}),
        ),
        AgentSpec(
            id="attention-ppo",
            build="mdpzoo_combinatorial.attention:attention_ppo",
            summary="MaskablePPO with attention between tokens and a score for each (all five problems; extra ppo)",
            observations=("Dict",),
            actions=("Discrete",),
            observation_keys=("action_mask",),
            source="Kool, van Hoof and Welling 2019 (arXiv:1803.08475); Huang and Ontanon 2022 (arXiv:2006.14171)",
            trial=_trial("mdpzoo/TSP-v0", n_steps=8, batch_size=8, n_epochs=1),
            ranges=sb3_ranges.MASKABLE_PPO,
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
                trial=_trial(f"mdpzoo/{each.problems[0]}-v0", **LIMITS.get(each.id, {})),
            )
            for each in BASELINES.values()
            if each.agent is not None
        ),
    ]


def _trial(environment: str, **settings: Any) -> Trial:
    """Returns a trial of an agent on instances of six nodes or items."""
    size = {"mdpzoo/CVRP-v0": "num_customers", "mdpzoo/OP-v0": "num_customers", "mdpzoo/Knapsack-v0": "num_items"}
    small = {size.get(environment, "num_nodes"): 6}
    return Trial(environment=environment, environment_settings=small, settings=settings)


def _agent_summary(baseline: Solver) -> str:
    """Returns the summary of the table with the baseline's problems and extra."""
    extra = f"; extra {baseline.extra}" if baseline.extra else ""
    return f"{baseline.summary} ({', '.join(baseline.problems)}{extra})"


@hookimpl
def mdpzoo_commands() -> list[CommandSpec]:
    """The subcommands for instances and solutions."""
    return [
        CommandSpec(
            name="solve",
            function="mdpzoo_combinatorial.commands.solve_file:solve",
            summary="Solve an instance and print the solution.",
        ),
        CommandSpec(
            name="verify",
            function="mdpzoo_combinatorial.commands.verify_solution:verify",
            summary="Validate a solution file and print its objective.",
        ),
        CommandSpec(
            name="animate",
            function="mdpzoo_combinatorial.commands.animate_agent:animate",
            summary="Animate how an agent constructs a solution, as a GIF or MP4.",
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
            report_section="mdpzoo_combinatorial.studies.report_section:draw_solutions",
        )
    ]
