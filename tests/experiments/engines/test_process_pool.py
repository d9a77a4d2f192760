"""A pool outlives its workers: a killed one costs its own task, which is done again."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import pytest

from mdpzoo.experiments.engines.process_pool import outcomes
from mdpzoo.experiments.folders import BusyFolderError, locked
from mdpzoo.experiments.studies.execution import Task

RUN = {"agent": "q-learning", "environment": "mdpzoo/RiverSwim-v0", "num_envs": 1}
OPTIONS = {"keep_every": 0.2}


def task(folder, steps, seed=0):
    return Task("run", str(folder), RUN | {"steps": steps, "seed": seed}, OPTIONS)


def children():
    """The processes that this one has started, by id."""
    return [each.pid for each in multiprocessing.active_children()]


def wait_for(condition, seconds=90):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def test_a_killed_worker_costs_its_own_task_which_is_done_again(tmp_path):
    tasks = [task(tmp_path / "long", 20_000), task(tmp_path / "short", 20)]
    found, killed = {}, False
    pool = outcomes(iter(tasks), 1)
    for answer in pool:
        if isinstance(answer, list) and not killed and (tmp_path / "long" / "progress.csv").exists():
            os.kill(children()[0], signal.SIGKILL)
            killed = True
        elif not isinstance(answer, list):
            found[answer[0].folder] = answer[1].status
    assert killed
    assert found == {str(tmp_path / "long"): "done", str(tmp_path / "short"): "done"}


def test_a_task_whose_workers_die_again_and_again_fails_and_the_others_are_done(tmp_path):
    killed = set()
    found = {}
    for answer in outcomes([task(tmp_path / "poison", 10**7), task(tmp_path / "good", 20)], 1):
        if isinstance(answer, list):
            if answer[0].folder.endswith("poison"):
                for each in set(children()) - killed:
                    killed.add(each)
                    os.kill(each, signal.SIGKILL)
        else:
            found[answer[0].folder] = answer[1]
    assert found[str(tmp_path / "good")].status == "done"
    assert found[str(tmp_path / "poison")].sentence == "its worker process died 3 times (exit code -9)"
    assert '"WorkerDied"' in (tmp_path / "poison" / "failure.json").read_text()
    assert len(killed) == 3


def test_workers_end_with_whoever_started_them(tmp_path):
    code = (
        "import sys; from mdpzoo.experiments.engines.process_pool import outcomes\n"
        "from mdpzoo.experiments.studies.execution import Task\n"
        f"run = {RUN | {'steps': 10**8}!r}\n"
        "if __name__ == '__main__':\n"
        "    for _ in outcomes([Task('run', sys.argv[1], run, {})], 1): print('tick', flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout.readline() == "tick\n"
        wait_for((tmp_path / "run" / "run.json").exists)
        parent.send_signal(signal.SIGKILL)

    def free():
        try:
            with locked(tmp_path / "run"):
                return True
        except BusyFolderError:
            return False

    wait_for(free, seconds=30)


def test_closing_the_pool_ends_its_workers_and_keeps_what_they_have_learned(tmp_path):
    pool = outcomes([task(tmp_path / "run", 10**8)], 1)
    for _ in pool:
        if (tmp_path / "run" / "agent.zip").exists():
            break
    pool.close()
    assert children() == []
    assert not (tmp_path / "run" / "result.json").exists()


@pytest.mark.parametrize("jobs", [1, 3])
def test_no_tasks_start_no_process(jobs):
    assert list(outcomes([], jobs)) == []
    assert children() == []
