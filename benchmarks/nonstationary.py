"""The comparison table of the non-stationary family: dynamic regret, delays, false alarms, ten seeds with intervals.

    python benchmarks/nonstationary.py regret        # half an hour of CPU time
    python benchmarks/nonstationary.py detector
    python benchmarks/nonstationary.py speed --peer PYTHON               # of an environment with statisticalrl-learners

Sliding windows are tuned in hindsight: the table shows the best of six settings, chosen by their regret.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from science.row_printing import add_rows, show

import mdpzoo
from mdpzoo_nonstationary import RBOCPD, simulate
from mdpzoo_nonstationary.environments.random_switches import random_switch
from mdpzoo_nonstationary.simulation import SimulationResult

STEPS, SEEDS = 1_000_000, 10
STUDENT = 2.262  # 97.5 % point of Student's t with 9 degrees of freedom
ENVIRONMENTS = ("RiverSwimSwitch", "ActionSwapSwitch", "RandomSwitch", "RewardSwitch", "GridSwitch")
LEARNERS: list[tuple[str, str, dict[str, Any]]] = [
    ("optimal", "optimal", {}),
    ("oracle-restart", "oracle-restart", {}),
    ("r-bocpd-ucrl2", "r-bocpd-ucrl2", {}),
    ("r-bocpd-ucrl2, no reward stream", "r-bocpd-ucrl2", {"reward_bins": 0}),
    ("r-bocpd-ucrl2, delta/n", "r-bocpd-ucrl2", {"eta": "delta/n"}),
    ("r-bocpd-ucrl2, theorem", "r-bocpd-ucrl2", {"eta": "theorem"}),
    ("r-bocpd-ucrl2, 1/n", "r-bocpd-ucrl2", {"eta": "1/n"}),
    ("r-bocpd-ucrl2, local", "r-bocpd-ucrl2", {"scope": "local"}),
    ("restart-ucrl2", "restart-ucrl2", {}),
    ("borl", "borl", {}),
    ("ucrl2", "ucrl2", {}),
    ("ucrl2b", "ucrl2b", {}),
    ("kl-ucrl", "kl-ucrl", {}),
    ("ucrl3", "ucrl3", {}),
    ("psrl", "psrl", {}),
]
WINDOWS = [{"window": window, "widening": wide} for window in (20_000, 50_000, 100_000) for wide in (0.0, 0.05)]


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("regret", "detector", "speed"))
    parser.add_argument("--scale", type=float, default=0.05, help="of the radii")
    parser.add_argument("--environments", nargs="*", default=ENVIRONMENTS)
    parser.add_argument("--peer", help="a Python with statisticalrl-learners and statisticalrl-environments")
    add_rows(parser)
    given = parser.parse_args()
    if given.what == "regret":
        rows = regrets(given.environments, given.scale)
    else:
        rows = detectors() if given.what == "detector" else speeds(given.peer)
    show(rows, given.rows)


def regrets(environments: list[str], scale: float) -> Iterator[dict[str, Any]]:
    """Runs every learner in every environment, and yields the rows."""
    for name in environments:
        for label, agent, settings in LEARNERS:
            yield _row(name, label, _simulate(name, agent, scale, settings))
        best = min(
            (_simulate(name, "sw-ucrl2", scale, each) for each in WINDOWS), key=lambda each: each.regret[:, -1].mean()
        )
        yield _row(name, "sw-ucrl2, best of 6 in hindsight", best)


def _simulate(name: str, agent: str, scale: float, settings: dict[str, Any]) -> SimulationResult:
    scaled = {} if agent in ("optimal", "psrl") else {"radius_scale": scale}
    return simulate(f"mdpzoo/{name}-v0", agent, STEPS, SEEDS, **scaled, **settings)


def _row(environment: str, label: str, result: SimulationResult) -> dict[str, Any]:
    regret = result.regret[:, -1]
    delays = [delay for each in result.delays for delay in each if delay is not None]
    return {
        "environment": environment,
        "learner": label,
        "regret": float(regret.mean()),
        "half_width": float(STUDENT * regret.std(ddof=1) / np.sqrt(len(regret))),
        "restarts": float(np.mean([len(each) for each in result.restarts])),
        "found": len(delays),
        "changes": SEEDS * len(result.changes),
        "false": int(sum(result.false_alarms)),
        "median_delay": float(np.median(delays)) if delays else None,
        "largest_delay": max(delays) if delays else None,
    }


def detectors() -> Iterator[dict[str, Any]]:
    """Yields shares of 1,000 streams of 3,000 symbols from the prior that have a false alarm, for each eta."""
    for symbols in (2, 6, 20):
        generator = np.random.default_rng(symbols)
        streams = [generator.choice(symbols, 3_000, p=generator.dirichlet(np.ones(symbols))) for _ in range(1_000)]
        for hypotheses in (64, 32):
            row: dict[str, Any] = {"symbols": symbols, "hypotheses": hypotheses}
            for eta in ("delta/n2", "delta/n", "theorem", "1/n"):
                alarms = [bool(RBOCPD(symbols, eta, max_hypotheses=hypotheses).update_many(each)) for each in streams]
                row[eta] = float(np.mean(alarms))
            yield row


def speeds(peer: str | None) -> Iterator[dict[str, Any]]:
    """Steps per CPU-second of compiled loops, of SB3's loop, and of the peer's UCRL2 in the same run."""
    large = random_switch(50, 5, changes=[])
    rows = [
        ("compiled, UCRL2, 6 states", "mdpzoo/RiverSwimSwitch-v0", "ucrl2", {}),
        ("compiled, kernel stream, 6 states", "mdpzoo/RiverSwimSwitch-v0", "r-bocpd-ucrl2", {"reward_bins": 0}),
        ("compiled, kernel and reward streams, 6 states", "mdpzoo/RiverSwimSwitch-v0", "r-bocpd-ucrl2", {}),
        ("compiled, kernel stream, 50 states", large, "r-bocpd-ucrl2", {"reward_bins": 0}),
        ("compiled, kernel and reward streams, 50 states", large, "r-bocpd-ucrl2", {}),
    ]
    for label, model, agent, settings in rows:
        simulate(model, agent, 1_000, 1, radius_scale=0.05, **settings)  # compiles
        measured = []
        for seed in range(3):
            began = time.process_time()
            simulate(model, agent, STEPS, [seed], radius_scale=0.05, **settings)
            measured.append(STEPS / (time.process_time() - began))
        yield _speed(label, measured)
    for label, env in (
        ("SB3's learn, mdpzoo.make", mdpzoo.make("mdpzoo/RiverSwimSwitch-v0")),
        ("SB3's learn, mdpzoo.make_sb3", mdpzoo.make_sb3("mdpzoo/RiverSwimSwitch-v0", 1)),
    ):
        agent = mdpzoo.make_agent("r-bocpd-ucrl2", env, seed=0, radius_scale=0.05).learn(2_000)
        measured = []
        for _ in range(3):
            began = time.process_time()
            agent.learn(30_000, reset_num_timesteps=False)
            measured.append(30_000 / (time.process_time() - began))
        yield _speed(label, measured)
    if peer:
        script = Path(__file__).parent / "nonstationary_peer.py"
        run = subprocess.run([peer, str(script)], capture_output=True, text=True, check=True)
        yield _speed("statisticalrl-learners, UCRL2, RiverSwim-6", json.loads(run.stdout.splitlines()[-1]))


def _speed(label: str, measured: list[float]) -> dict[str, Any]:
    return {"what": label, "rate": float(np.median(measured)), "least": min(measured), "most": max(measured)}


if __name__ == "__main__":
    main()
