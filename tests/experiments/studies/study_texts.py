"""Small study files for tests."""

import json
from pathlib import Path

from mdpzoo.experiments.studies.execution import Outcome, perform
from mdpzoo.experiments.studies.pairing import plan
from mdpzoo.experiments.studies.study_file import read_study

POOL = "mdpzoo.experiments.engines.process_pool.outcomes"
RIVER = """
[study]
seeds = 2
steps = 40
evaluation_episodes = 2
num_envs = 2

[[environments]]
id = "mdpzoo/RiverSwim-v0"
settings = {max_episode_steps = 5}

[[environments]]
id = "mdpzoo/TSP-v0"
settings = {num_nodes = 4}

[[agents]]
id = "q-learning"

[[agents]]
id = "random"
"""


def planned(folder: Path, text: str = RIVER):
    """The plan of a study file with this text, written into a folder."""
    path = folder / "study-file.toml"
    path.write_text(text)
    return plan(read_study(path))


def outcomes_here(tasks, jobs):
    """What the pool does, in this process: without the start of others."""
    for task in tasks:
        yield task, Outcome(**json.loads(perform(task.to_text())))
