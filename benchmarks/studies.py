"""What the engine of studies costs: a thousand tiny runs in the pool, beside the same runs in one process.

``python benchmarks/studies.py [--runs 1000] [--jobs 2] [--engine local]`` prints one JSON value. The overhead is the
time that processes do not spend in runs: wall-clock seconds of the whole study times processes, less the wall-clock
seconds of the runs as the workers measure them, divided by the runs. The start of the workers, with all imports, is
part of it, as are what the study writes besides its runs and the truth of its environment.
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

import torch

from mdpzoo.experiments.studies.execution import execute
from mdpzoo.experiments.studies.pairing import plan
from mdpzoo.experiments.studies.study_file import read_study
from mdpzoo.experiments.studies.whole_study import run_study

STUDY = """
[study]
seeds = {seeds}
steps = 100
num_envs = 1

[[environments]]
id = "mdpzoo/RiverSwim-v0"

[[agents]]
id = "q-learning"
"""
SAMPLE = 100  # runs that are timed in this process


def seconds_of_a_run(planned, folder):
    """Wall-clock and CPU seconds of a run in this process, the mean of some."""
    execute(planned.runs[0].run, folder / "warm-up")
    began = time.perf_counter(), time.process_time()
    for place, each in enumerate(planned.runs[:SAMPLE]):
        execute(each.run, folder / str(place))
    count = min(SAMPLE, len(planned.runs))
    return (time.perf_counter() - began[0]) / count, (time.process_time() - began[1]) / count


def main():
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--engine", default="local")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tiny.toml").write_text(STUDY.format(seeds=options.runs))
        planned = plan(read_study(folder / "tiny.toml"))
        wall, cpu = seconds_of_a_run(planned, folder)
        out = options.out or folder / "out"
        report = run_study(planned, out, jobs=options.jobs, engine=options.engine)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = used.ru_utime + used.ru_stime
    print(
        json.dumps(
            {
                "runs": report.runs,
                "done": report.done,
                "jobs": options.jobs,
                "engine": options.engine,
                "milliseconds_of_a_run": round(1e3 * wall, 2),
                "cpu_milliseconds_of_a_run": round(1e3 * cpu, 2),
                "study_seconds": round(report.seconds, 1),
                "overhead_milliseconds": round(1e3 * (report.seconds * options.jobs - report.busy) / report.runs, 2),
                "cpu_milliseconds_of_a_run_with_all": round(1e3 * spent / report.runs, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
