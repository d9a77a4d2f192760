"""The same study on a Ray cluster of two processes gives the same results."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo.experiments.engines import ray_cluster
from mdpzoo.experiments.studies.whole_study import run_study
from tests.experiments.studies.study_texts import planned
from tests.experiments.studies.test_whole_study import contents

RAY = Path(sys.executable).parent / "ray"
needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install 'mdpzoo[ray]'")
QUIET = os.environ | {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}


@pytest.fixture
def cluster():
    """The address of a cluster on the loopback address."""
    start = [RAY, "start", "--head", "--node-ip-address=127.0.0.1", "--port=6399", "--num-cpus=2"]
    start += ["--include-dashboard=false", "--disable-usage-stats"]
    started = subprocess.run(start, capture_output=True, text=True, env=QUIET, timeout=300, check=False)
    if started.returncode != 0:
        pytest.skip(f"Ray cannot start here: {started.stderr.strip()[-200:]}")
    yield "127.0.0.1:6399"
    subprocess.run([RAY, "stop", "--force"], capture_output=True, env=QUIET, timeout=120, check=False)


@needs_ray
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_gives_what_the_pool_gives(cluster, tmp_path):
    plan = planned(tmp_path)
    here, there = (
        run_study(plan, tmp_path / "pool", jobs=2),
        run_study(plan, tmp_path / "ray", jobs=2, engine="ray", address=cluster),
    )
    assert here.done == there.done == 6
    assert contents(tmp_path / "pool") == contents(tmp_path / "ray")
    for truth in (tmp_path / "pool" / "truth").iterdir():
        assert truth.read_text() == (tmp_path / "ray" / "truth" / truth.name).read_text()
    shutil.rmtree(tmp_path / "ray" / plan.runs[0].folder)


@needs_ray
@pytest.mark.filterwarnings("ignore")
def test_no_cluster_at_an_address_is_one_sentence(monkeypatch):
    import ray

    def refuse(**_):
        raise ConnectionError("nobody answers at 127.0.0.1:1")

    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(SettingError, match="there is no Ray cluster at '127.0.0.1:1': ConnectionError: nobody answers"):
        next(ray_cluster.outcomes([], 1, "127.0.0.1:1"), None)


def test_without_ray_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"ray is not installed; type: pip install 'mdpzoo\[ray\]'"):
        next(ray_cluster.outcomes([], 1), None)
