"""Entropy control on token tasks, measured with mdpzoo-token.

python benchmarks/token_tasks.py behaviour    # 150 updates of SumTarget under each strategy, three seeds: half an hour
python benchmarks/token_tasks.py papers       # the same at the papers' own settings
python benchmarks/token_tasks.py longer       # 300 updates under four strategies
python benchmarks/token_tasks.py control      # CopySort, the negative control, two seeds
python benchmarks/token_tasks.py speed        # updates and environments per CPU-second, one thread
python benchmarks/token_tasks.py denoising    # what MDPO brings on two chains
python benchmarks/token_tasks.py cliff        # exact against certified radii of 200 random models
python benchmarks/token_tasks.py behaviour --picture updates.png

All seconds are CPU-seconds of one thread.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from science.row_printing import add_rows, show

UPDATES = 150
STRATEGIES: dict[str, tuple[str, dict[str, Any]]] = {
    "grpo": ("none", {}),
    "bonus .01": ("bonus", {"c": 0.01}),
    "bonus .1": ("bonus", {"c": 0.1}),
    "adaptive, H = 1": ("adaptive", {"target": 1.0}),
    "kl-cov 10 %": ("kl-cov", {"percent": 10}),
    "clip-cov .05, .5, 5": ("clip-cov", {"fraction": 0.05, "lower": 0.5, "upper": 5.0, "clip": [0.2, 0.2]}),
    "siren .5": ("siren", {"beta": 0.5}),
    "arbitrary-aepo, H0 = 1, share .25": ("arbitrary-aepo", {"target": 1.0, "share": 0.25}),
}
CONTROL = ("grpo", "bonus .01", "kl-cov 10 %", "adaptive, H = 1", "siren .5", "arbitrary-aepo, H0 = 1, share .25")

PAPERS: dict[str, tuple[str, dict[str, Any]]] = {
    "clip-higher": ("clip-higher", {}),
    "clip-cov 2e-4, 1, 5": ("clip-cov", {"fraction": 2e-4, "lower": 1.0, "upper": 5.0, "clip": [1.0, 1.0]}),
    "kl-cov .2 %": ("kl-cov", {"percent": 0.2}),
    "steer .8": ("steer", {"w_min": 0.8}),
    "lp-reg": ("lp-reg", {}),
    "siren .005": ("siren", {"beta": 0.005}),
    "epo .001": ("epo", {"c": 0.001}),
    "empg .1": ("empg", {"zeta": 0.1}),
    "arbitrary-aepo, H0 = .5": ("arbitrary-aepo", {"target": 0.5}),
    "agentic-aepo": ("agentic-aepo", {}),
}
LONGER = ("grpo", "kl-cov 10 %", "siren .5", "arbitrary-aepo, H0 = 1, share .25")


def behaviour() -> list[dict[str, Any]]:
    """Every strategy from the same base policy of each seed."""
    return [row for seed in range(3) for row in trained("mdpzoo/SumTarget-v0", seed, STRATEGIES)]


def papers() -> list[dict[str, Any]]:
    """The strategies at the settings of their papers or released code, beside grpo."""
    return [row for seed in range(3) for row in trained("mdpzoo/SumTarget-v0", seed, ["grpo", *PAPERS])]


def longer() -> list[dict[str, Any]]:
    """Some strategies for twice as many updates."""
    return [row for seed in range(3) for row in trained("mdpzoo/SumTarget-v0", seed, LONGER, 2 * UPDATES)]


def control() -> list[dict[str, Any]]:
    """The strategies of the control on a task with one answer to each prompt."""
    return [row for seed in range(2) for row in trained("mdpzoo/CopySort-v0", seed, CONTROL)]


def trained(id: str, seed: int, names: Any, updates: int = UPDATES) -> list[dict[str, Any]]:
    """Trains each strategy from one base policy and measures it; the base comes first."""
    import mdpzoo
    from mdpzoo_token.rollouts.measuring import measure
    from mdpzoo_token.training.agent import GRPOToken

    env = mdpzoo.make(id)
    base = GRPOToken(env=env, seed=seed)
    base.warm_start()
    rows = [{"strategy": "base", "seed": seed, **measure(base.task, base.policy.network)._asdict()}]
    for name in names:
        strategy, settings = (STRATEGIES | PAPERS)[name]
        agent = GRPOToken(env=env, seed=seed, strategy=strategy, strategy_settings=settings)
        agent.policy.network.load_state_dict(base.policy.network.state_dict())
        agent.trainer.generator.set_state(base.trainer.generator.get_state())
        agent.warmed = True
        began = time.process_time()
        agent.learn(updates * 32 * 8 * agent.task.length)
        seconds = time.process_time() - began
        found = measure(agent.task, agent.policy.network)
        trace = [[round(each.entropy, 4), round(each.reward, 4)] for each in agent.reports]
        row = {"strategy": name, "seed": seed, **found._asdict(), "cpu_seconds": round(seconds, 2), "trace": trace}
        print({key: value for key, value in row.items() if key != "trace"}, flush=True)
        rows.append(row)
    return rows


def speed() -> list[dict[str, Any]]:
    """150 updates, the least of three runs; and tokens per CPU-second at B = 1,024, the most of nine."""
    import mdpzoo
    from mdpzoo_token.training.agent import GRPOToken

    rows = []
    for name in ("SumTarget", "CopySort", "Countdown", "KeyDoor"):
        task = mdpzoo.make(f"mdpzoo/{name}-v0").unwrapped.rules.task
        rates = [rules_rate(task) for _ in range(9)]
        rows.append(rate_row(f"{name}, rules", rates))
        rates = [shell_rate(f"mdpzoo/{name}-v0") for _ in range(9)]
        rows.append(rate_row(f"{name}, make_vec with tensors", rates))
    runs = []
    for _ in range(3):
        agent = GRPOToken(env=mdpzoo.make("mdpzoo/SumTarget-v0"), seed=0)
        agent.warmed = True  # an untrained policy takes as long
        began = time.process_time()
        agent.learn(UPDATES * 32 * 8 * 6)
        runs.append(round(time.process_time() - began, 2))
    row = {"what": "150 updates of SumTarget", "unit": "CPU-seconds", "best": min(runs)}
    return [*rows, row | {"least": min(runs), "most": max(runs)}]


def rate_row(what: str, rates: list[float]) -> dict[str, Any]:
    """A row of rates in millions."""
    least, most = min(rates), max(rates)
    return {"what": what, "unit": "million tokens per CPU-second", "best": most, "least": least, "most": most}


def rules_rate(task: Any, batch: int = 1024, steps: int = 600) -> float:
    """Million tokens per CPU-second of the rules alone: every step writes, verifies and observes."""
    generator = torch.Generator().manual_seed(0)
    actions = torch.randint(task.vocabulary, (64, batch), generator=generator)
    draws = torch.rand(batch, 1, dtype=torch.float64, generator=generator)
    state, began = task.initial(draws), time.process_time()
    for step in range(steps):
        state = task.step(state, actions[step % 64], draws).state
        task.observe(state)
        if (step + 1) % task.length == 0:
            state = task.initial(draws)
    return round(steps * batch / (time.process_time() - began) / 1e6, 3)


def shell_rate(id: str, batch: int = 1024, steps: int = 300) -> float:
    """The same through the vector environment."""
    import mdpzoo

    envs = mdpzoo.make_vec(id, batch, output="torch")
    envs.reset(seed=0)
    actions = torch.randint(envs.single_action_space.n, (64, batch), generator=torch.Generator().manual_seed(0))
    began = time.process_time()
    for step in range(steps):
        envs.step(actions[step % 64])
    return round(steps * batch / (time.process_time() - began) / 1e6, 3)


def denoising() -> list[dict[str, Any]]:
    """Validity of a learned denoiser before and after MDPO, by order, three seeds."""
    from mdpzoo_token.denoising.mdpo import Denoiser, MDPOSettings, fit_base, train
    from mdpzoo_token.denoising.sampling import denoise
    from mdpzoo_token.denoising.sources import MarkovSource
    from mdpzoo_token.environments.masked_denoise import SOURCES

    rows = []
    for name, (transition, start) in SOURCES.items():
        source = MarkovSource.of(transition, start, 8)
        for order in ("random", "low-confidence", "running-confidence"):
            for seed in range(3):
                torch.manual_seed(seed)
                network = Denoiser(source.vocabulary, 8)
                fit_base(source, network, 300, seed)

                def share() -> float:
                    generator = np.random.default_rng(99)
                    trace = denoise(network.marginals, 8, 4, order, 4000, generator)  # noqa: B023
                    return float(np.isfinite(source.log2_probability(trace.sequences[-1])).mean())  # noqa: B023

                before = share()
                train(source, network, MDPOSettings(steps=4, order=order, updates=100, learning_rate=2e-3), seed)
                rows.append({"chain": name, "order": order, "seed": seed, "before": before, "after": share()})
                print(rows[-1], flush=True)
    return rows


def cliff() -> list[dict[str, Any]]:
    """Exact over certified radius, and flips around the exact one, of 200 random models (S = 20, A = 4)."""
    from mdpzoo.models import TabularMDP
    from mdpzoo.planning import cliff_map, policy_margin

    ratios, below, above = [], 0, 0
    for seed in range(200):
        generator = np.random.default_rng(seed)
        transitions = generator.dirichlet(np.ones(20), size=(20, 4))
        model = TabularMDP.from_arrays(transitions, generator.random((20, 4)))
        found = policy_margin(model, 0.9)
        scales = np.array([0.999, 1.001]) * found.exact_radius
        flips = cliff_map(model, found.worst_direction, 0.9, scales)
        below, above = below + int(flips[0] > 0), above + int(flips[1] > 0)
        ratios.append(found.exact_radius / found.certified_radius)
    low, middle, high = np.quantile(ratios, [0, 0.5, 1]).round(2).tolist()
    return [
        {
            "models": 200,
            "flips_at_0.999": below,
            "flips_at_1.001": above,
            "ratio_least": low,
            "median": middle,
            "most": high,
        }
    ]


def draw(rows: list[dict[str, Any]], file: Path) -> None:
    """Draws entropy and reward over updates, distinct answers, and reward against entropy."""
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(row["strategy"] for row in rows if "trace" in row))
    figure = Figure(figsize=(11, 7), layout="constrained")
    axes = figure.subplots(2, 2)
    for number, name in enumerate(names):
        own = [row for row in rows if row["strategy"] == name]
        mean = np.mean([row["trace"] for row in own], 0)
        colour = f"C{number}"
        axes[0, 0].plot(mean[:, 0], color=colour, label=name)
        axes[0, 1].plot(mean[:, 1], color=colour)
        axes[1, 1].plot(mean[:, 0], mean[:, 1], ".", markersize=3, color=colour)
        axes[1, 0].scatter([number] * len(own), [row["distinct"] for row in own], color=colour)
    for place, x, y in (
        ((0, 0), "update", "entropy, nats a token"),
        ((0, 1), "update", "mean reward"),
        ((1, 0), "strategy", "distinct right answers a prompt"),
        ((1, 1), "entropy", "mean reward"),
    ):
        axes[place].set_xlabel(x)
        axes[place].set_ylabel(y)
    axes[1, 0].set_xticks(range(len(names)), names, rotation=30, ha="right", fontsize=7)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize=8)
    figure.savefig(file, dpi=90)


PARTS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "behaviour": behaviour,
    "papers": papers,
    "longer": longer,
    "control": control,
    "speed": speed,
    "denoising": denoising,
    "cliff": cliff,
}


def main() -> None:
    """Measures one part."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=PARTS)
    parser.add_argument("--picture", type=Path, help="also draw the behaviour's or the control's updates")
    add_rows(parser)
    options = parser.parse_args()
    found = PARTS[options.what]()
    if options.picture:
        draw(found, options.picture)
    show(({name: value for name, value in row.items() if name != "trace"} for row in found), options.rows)


if __name__ == "__main__":
    warnings.simplefilter("ignore", UserWarning)
    main()
