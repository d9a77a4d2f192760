"""What MDPZoo does, in one minute: a tour of 48 real cities, then an SB3 agent trained beside the baselines.

Run it with ``make demo``. It writes the folder ``demo``: the picture of the tour and the trained agent.
"""

import time
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

import mdpzoo
from mdpzoo.experiments.evaluation import evaluate
from mdpzoo.experiments.run import Run
from mdpzoo.experiments.training import train
from mdpzoo_combinatorial.instances.cities import BEST_KNOWN_CAPITALS_KM, CAPITALS, us_capitals
from mdpzoo_combinatorial.render import save_picture

FOLDER = Path("demo")
SECONDS = 10  # for the tour
STEPS = 200_000  # of training: about 20 seconds on one core
NODES, EPISODES = 20, 500
SETTINGS = {"n_steps": 32, "batch_size": 256, "n_epochs": 5, "learning_rate": 1e-3}


def tour(console: Console) -> None:
    """Solves the capitals of the 48 contiguous US states with the BQ-NCO agent."""
    instance = us_capitals()
    agent = mdpzoo.load_agent("bq-nco")
    found = agent.solve(instance, decoding="reconstruct", seconds=SECONDS, seed=0)
    length, sequence = float(found.objective[0]), found.sequence[0]
    gap = round(100 * (length / BEST_KNOWN_CAPITALS_KM - 1), 2) + 0.0  # no minus before a zero
    picture = FOLDER / "capitals.png"
    labels = [city.state for city in CAPITALS]
    save_picture(picture, instance, sequence, title=f"{length:,.0f} km", labels=labels, size=(1400, 800))
    console.print("[bold]A tour of the 48 contiguous US state capitals[/]")
    console.print(f"  found by BQ-NCO in {found.seconds:.1f} s: {length:,.1f} km")
    console.print(f"  best known tour:           {BEST_KNOWN_CAPITALS_KM:,.1f} km   (gap {gap:.2f} %)")
    console.print(f"  picture: {picture}\n")


def learn(console: Console) -> None:
    """Trains MaskablePPO on the travelling salesman and compares it with what needs no training here."""
    console.print(f"[bold]MaskablePPO learns {NODES}-city tours[/], {STEPS:,} steps on one core ...")
    environment = {"num_nodes": NODES, "form": "bq"}
    run = Run(agent="maskable-ppo", environment="mdpzoo/TSP-v0", steps=STEPS, num_envs=32, seed=0,
              settings=SETTINGS, environment_settings=environment)  # fmt: skip
    folder = FOLDER / time.strftime("run-%Y%m%d-%H%M%S")
    trained = train(run, folder, progress=console.is_terminal)
    envs = mdpzoo.make_sb3("mdpzoo/TSP-v0", 50, **environment)
    agents = {
        "random": mdpzoo.make_agent("random", envs, seed=0),
        f"maskable-ppo ({trained.seconds:.0f} s of training)": trained.agent,
        "nearest-neighbour": mdpzoo.make_agent("nearest-neighbour", envs),
        "bq-nco (shipped, greedy)": mdpzoo.load_agent("bq-nco", envs),
    }
    table = Table("agent", "mean tour", "95 % interval", "against random", title=f"{EPISODES} fresh instances")
    random = None
    for name, agent in agents.items():
        envs.seed(1_000)  # the same instances for all
        found = evaluate(agent, envs, EPISODES)
        low, high = found.interval()
        mean = -float(found.returns.mean())
        random = random or mean
        table.add_row(name, f"{mean:.3f}", f"{-high:.3f} to {-low:.3f}", f"{100 * (mean / random - 1):+.1f} %")
    console.print(table)
    console.print(f"  the agent is kept: mdpzoo evaluate {folder} --episodes 100")


def main() -> None:
    """Runs both parts on one thread."""
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    console = Console()
    tour(console)
    learn(console)


if __name__ == "__main__":
    main()
