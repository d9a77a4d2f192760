"""How long a report over a thousand runs takes, and how large its page is.

Ten environments, ten agents and ten seeds, each run with 100 lines of progress and 20 evaluations of 10 episodes, are
written as ``mdpzoo bench`` lays them out; then ``mdpzoo report`` runs on them in a process of its own, its start
included. Acceptance: under 20 CPU-seconds and 5 MB.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.report.study_writer import StudyWriter, World


def write(root: Path) -> Path:
    """Writes the study."""
    worlds = [
        World(f"example/World{place}-v0", 10.0 + place, float(place), gain=1.0 if place % 3 == 0 else None)
        for place in range(10)
    ]
    agents = {f"agent-{name}": 0.3 + 0.07 * place for place, name in enumerate("abcdefghij")}
    return StudyWriter(root, worlds, agents, seeds=10).write()


def main() -> None:
    """Prints one JSON object."""
    with tempfile.TemporaryDirectory() as folder:
        study, page = write(Path(folder) / "study"), Path(folder) / "report.html"
        files = sum(len(files) for *_, files in os.walk(study))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "mdpzoo", "report", str(study), "-o", str(page)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        told = {
            "runs": 1_000,
            "files": files,
            "cpu_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2),
            "page_megabytes": round(page.stat().st_size / 1e6, 3),
            "peak_megabytes": round(after.ru_maxrss / 1e3),
        }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
