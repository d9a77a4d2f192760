"""Kills a study of 24 runs again and again, whole process group, at random moments, and compares what is left.

``python benchmarks/survival.py FOLDER [--kills 20] [--jobs 2] [--seed 1]`` prints one JSON value: the kills, how many
runs were done after each, how many it went on with, whether a result was ever written again, and whether all is equal
to an uninterrupted one, apart from times. A moment is counted from when a study begins to write, so that a busy machine
is not killed while it still imports; it lies within an eighth of the time that the uninterrupted study took. A study
that ends before all kills have happened is compared, and another one begins. Takes three minutes on two cores.
"""

import argparse
import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

STUDY = """
[study]
seeds = 2
steps = 6000
evaluate_every = 3000
evaluation_episodes = 2
num_envs = 4

[[environments]]
id = "mdpzoo/RiverSwim-v0"

[[environments]]
id = "mdpzoo/RandomMDP-v0"
settings = {max_episode_steps = 25}

[[environments]]
id = "FrozenLake-v1"

[[agents]]
id = "q-learning"

[[agents]]
id = "ucrl2"
settings = {explore = 0.01}

[[agents]]
id = "ppo"
settings = {n_steps = 64, batch_size = 64}

[[agents]]
id = "dqn"
settings = {buffer_size = 1000, learning_starts = 100}
"""
TIMES = {"seconds", "cpu_seconds"}


def contents(out):
    """What each run has left, without times."""
    found = {}
    for folder in sorted(out.glob("*/*/seed-*")):
        result = json.loads((folder / "result.json").read_text())
        tables = []
        for name in ("progress.csv", "evaluations.csv"):
            with open(folder / name, newline="") as file:
                tables += [{key: row[key] for key in row.keys() - TIMES} for row in csv.DictReader(file)]
        found[str(folder.relative_to(out))] = {key: result[key] for key in result.keys() - TIMES}, tables
    return found


def results(out):
    """When each result was written."""
    return {path: path.stat().st_mtime_ns for path in out.glob("*/*/*/result.json")}


def underway(out):
    """How many runs have saved an agent and have no result."""
    return sum(not (path.parent / "result.json").exists() for path in out.glob("*/*/*/agent.zip"))


def wait_for_work(process, out):
    """Waits until a study writes into a run's folder, or has ended."""
    began = time.time()
    while process.poll() is None:
        if any(path.stat().st_mtime > began for path in out.glob("*/*/*")):
            return
        time.sleep(0.1)


def main():
    """Runs the study without kills, then with them, and compares."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, help="seconds of work until a kill, at most")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    study, generator = options.folder / "survival.toml", random.Random(options.seed)
    study.write_text(STUDY)
    command = [sys.executable, "-m", "mdpzoo", "bench", str(study), "--jobs", str(options.jobs), "--keep-every", "1"]
    whole, began = options.folder / "whole", time.time()
    finish(command, whole)
    longest = options.longest or (time.time() - began) / 8
    studies = []
    while (left := options.kills - sum(each["kills"] for each in studies)) > 0:
        out = options.folder / f"killed-{len(studies)}"
        studies.append(survive(command, out, left, lambda: generator.uniform(0.0, longest)))
        studies[-1]["equal"] = contents(whole) == contents(out)
    print(json.dumps({"kills": options.kills, "equal": all(each["equal"] for each in studies), "studies": studies}))


def survive(command, out, kills, moment):
    """Kills and restarts a study until it ends or all kills have happened, then lets it end."""
    done, saved, seen, rewritten = [], [], {}, False
    while len(done) < kills:
        process = subprocess.Popen(
            [*command, "--out", str(out)],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for_work(process, out)
        try:
            process.wait(moment())
            break  # it has ended by itself
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        rewritten |= not seen.items() <= results(out).items()
        seen = results(out)
        done.append(len(seen))
        saved.append(underway(out))
    finish(command, out)
    return {
        "kills": len(done),
        "done_after_each": done,
        "saved_and_not_done": saved,
        "runs": len(results(out)),
        "rewritten": rewritten or not seen.items() <= results(out).items(),
    }


def finish(command, out):
    """Runs a study to its end."""
    subprocess.run([*command, "--out", str(out)], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
