"""Fits as processes: several at once, and one that is killed."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file

FIT = """
import sys, torch
torch.set_num_threads(1)
from stable_baselines3.common.callbacks import BaseCallback
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.training.imitation import ImitationSettings, World
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings

class Losses(BaseCallback):
    seen = []
    def _on_step(self):
        self.seen.append(float(self.locals["update"].loss))
        return True

problem, path = sys.argv[1:]
small, learning = network_settings(width=16, layers=1, heads=2), ImitationSettings(tokens=100, structure=1.0)
agent = BQNCO(problem=problem, network=small, imitation=learning, size=7, num_instances=12, seed=2)
agent.learn(120, Losses())
world = World()
if world.rank == 0:
    print(world.size, *Losses.seen)
agent.save(f"{path}-{world.rank}", resumable=False)
"""


def environment():
    return os.environ | {"OMP_NUM_THREADS": "1"}


def fitted(tmp_path, problem, processes):
    """Losses and weights of the same fit by so many processes."""
    script = tmp_path / "fit.py"
    script.write_text(FIT)
    arguments = [str(script), problem, str(tmp_path / f"{problem}{processes}")]
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    command = [sys.executable, *(launcher if processes > 1 else []), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    count, *losses = done.stdout.split()
    assert int(count) == processes
    files = [tmp_path / f"{problem}{processes}-{rank}.safetensors" for rank in range(processes)]
    return [float(each) for each in losses], [load_file(each) for each in files]


@pytest.mark.parametrize("problem", ["TSP", "Knapsack"])
def test_two_processes_have_the_losses_of_one_and_one_set_of_weights(tmp_path, problem):
    losses, _ = fitted(tmp_path, problem, 1)
    others, (first, second) = fitted(tmp_path, problem, 2)
    assert others == pytest.approx(losses, rel=1e-4)
    assert all(torch.equal(each, second[name]) for name, each in first.items())


def command_line(folder, *more):
    """``mdpzoo train`` of a small network."""
    settings = ("width=16", "layers=1", "heads=2", "tokens=128", "size=8", "num_instances=64")
    options = [part for each in settings for part in ("--set", each)]
    train = [sys.executable, "-m", "mdpzoo", "train", "bq-nco", "mdpzoo/CVRP-v0", "--steps", "6000", "--seed", "3"]
    return [*train, "--keep-every", "0.05", "--out", str(folder), *options, *more]


def run(folder, *more):
    done = subprocess.run(command_line(folder, *more), capture_output=True, text=True, env=environment(), timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return load_file(folder / "agent.safetensors")


def test_a_run_killed_at_any_moment_ends_with_the_weights_of_one_that_was_not(tmp_path):
    whole = run(tmp_path / "whole")
    killed = tmp_path / "killed"
    for attempt, wait in enumerate((0.0, 0.13, 0.31)):  # after the first save: in the middle of saves or of updates
        more = ["--resume"] if attempt else []
        process = subprocess.Popen(
            command_line(killed, *more), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment()
        )
        before = (killed / "agent.safetensors").stat().st_mtime_ns if attempt else 0
        end = time.monotonic() + 120
        while time.monotonic() < end and process.poll() is None:
            file = killed / "agent.safetensors"
            if file.exists() and file.stat().st_mtime_ns > before:
                break
            time.sleep(0.01)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
    again = run(killed, "--resume")
    assert json.loads((killed / "result.json").read_text())["steps"] >= 6000
    assert again.keys() == whole.keys()
    for name, each in whole.items():
        assert torch.equal(again[name], each)
    assert not list(killed.glob(".saving-*"))
