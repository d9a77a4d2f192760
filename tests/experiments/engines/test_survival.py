"""A study whose whole process group is killed again and again ends like one that nobody touched."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from mdpzoo.experiments.studies.whole_study import run_study
from tests.experiments.studies.study_texts import planned
from tests.experiments.studies.test_whole_study import contents

KILLS = 2
STUDY = """
[study]
seeds = 2
steps = 1200
evaluation_episodes = 2
evaluate_every = 600
num_envs = 2

[[environments]]
id = "mdpzoo/RiverSwim-v0"
settings = {max_episode_steps = 20}

[[agents]]
id = "q-learning"

[[agents]]
id = "ppo"
settings = {n_steps = 32, batch_size = 32}
"""


def results(out):
    return {path: path.stat().st_mtime_ns for path in out.glob("*/*/*/result.json")}


@pytest.mark.slow
def test_a_study_survives_kills_of_its_whole_process_group(tmp_path):
    plan, generator, out = planned(tmp_path, STUDY), random.Random(4), tmp_path / "killed"
    command = [sys.executable, "-m", "mdpzoo", "bench", str(tmp_path / "study-file.toml"), "--out", str(out)]
    seen: dict[object, int] = {}
    for _ in range(KILLS):
        study = subprocess.Popen(
            [*command, "--keep-every", "0.1"], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        before, until = len(list(out.glob("*/*/*/run.json"))), time.monotonic() + 120
        while len(list(out.glob("*/*/*/run.json"))) <= before and study.poll() is None and time.monotonic() < until:
            time.sleep(0.02)  # until it has begun another run
        time.sleep(generator.uniform(0.0, 1.0))
        os.killpg(study.pid, signal.SIGKILL)
        study.communicate()
        assert seen.items() <= results(out).items()  # no run is done twice to its end
        seen = results(out)
    report = run_study(plan, out, jobs=1, keep_every=0.1)
    assert (report.done, report.failures) == (4, [])
    assert seen.items() <= results(out).items()
    run_study(plan, tmp_path / "whole", jobs=1)
    assert contents(out) == contents(tmp_path / "whole")
