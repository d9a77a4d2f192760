"""The same study on a Ray cluster of two processes gives the same results."""

import contextlib
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
TOKEN_NAMES = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")


@pytest.fixture
def cluster(monkeypatch):
    """The address of a cluster on the loopback address, which asks for no token even if one lies in the home."""
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setitem(QUIET, "RAY_AUTH_MODE", "disabled")
    with started():
        yield "127.0.0.1:6399"


@contextlib.contextmanager
def started():
    """Starts a cluster, and stops it."""
    start = [RAY, "start", "--head", "--node-ip-address=127.0.0.1", "--port=6399", "--num-cpus=2"]
    start += ["--include-dashboard=false", "--disable-usage-stats"]
    started = subprocess.run(start, capture_output=True, text=True, env=QUIET, timeout=300, check=False)
    if started.returncode != 0:
        pytest.skip(f"Ray cannot start here: {started.stderr.strip()[-200:]}")
    try:
        yield
    finally:
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


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home without a token."""
    for name in TOKEN_NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@needs_ray
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("home")
def test_no_cluster_at_an_address_is_one_sentence(monkeypatch):
    import ray

    def refuse(**_):
        raise ConnectionError("nobody answers at 127.0.0.1:1")

    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(SettingError, match="there is no Ray cluster at '127.0.0.1:1': ConnectionError: nobody answers"):
        next(ray_cluster.outcomes([], 1, "127.0.0.1:1"), None)


@pytest.mark.parametrize(("environment", "said"), [
    ({}, "at '10.0.0.1:6379': ConnectionError: Failed to connect"),
    ({"token": "home"}, "; if it asks for the token in '{home}/.ray/auth_token', set RAY_AUTH_MODE=token"),
    ({"token": "path"}, "; if it asks for the token in '{home}/elsewhere', set RAY_AUTH_MODE=token"),
    ({"RAY_AUTH_TOKEN": "7" * 64}, "; if it asks for the token in RAY_AUTH_TOKEN, set RAY_AUTH_MODE=token"),
    ({"RAY_AUTH_MODE": "token"}, "RAY_AUTH_MODE is 'token', but there is no token; set RAY_AUTH_TOKEN_PATH to a copy"),
    ({"RAY_AUTH_MODE": "TOKEN", "token": "home"},  # Ray reads it in any case
     "there is no Ray cluster at '10.0.0.1:6379' that takes the token in '{home}/.ray/auth_token'; put a copy"),
])  # fmt: skip
def test_where_a_token_may_be_why_a_cluster_refuses_it_is_said_what_to_set(environment, said, home, monkeypatch):
    environment = dict(environment)
    place = environment.pop("token", None)
    file = home / "elsewhere" if place == "path" else home / ".ray" / "auth_token"
    if place is not None:
        file.parent.mkdir(exist_ok=True)
        file.write_text("7" * 64)
    if place == "path":
        monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(file))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    sentence = ray_cluster.refusal("10.0.0.1:6379", ConnectionError("Failed to connect"))
    assert said.format(home=home) in sentence
    assert "7" * 64 not in sentence


@needs_ray
def test_a_token_that_ray_misses_is_one_sentence_of_ours(home):
    code = "from mdpzoo.experiments.engines.ray_cluster import outcomes; next(outcomes([], 1, '127.0.0.1:1'), None)"
    env = QUIET | {"HOME": str(home), "RAY_AUTH_MODE": "token"}
    for name in TOKEN_NAMES[1:]:
        env.pop(name, None)
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False)
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("mdpzoo.errors.SettingError: RAY_AUTH_MODE is 'token', but there is no token; set ")


@needs_ray
@pytest.mark.slow
def test_a_cluster_that_asks_for_a_token_lets_in_who_shows_it_and_says_so_to_others(home, monkeypatch):
    (home / ".ray").mkdir()
    (home / ".ray" / "auth_token").write_text("7" * 64)
    for name in TOKEN_NAMES:
        monkeypatch.delitem(QUIET, name, raising=False)
    monkeypatch.setitem(QUIET, "HOME", str(home))
    code = "from mdpzoo.experiments.engines.ray_cluster import outcomes; next(outcomes([], 1, '127.0.0.1:6399'), None)"

    def joined(**environment):
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=QUIET | environment)

    with started():
        assert "set RAY_AUTH_MODE=token" in joined().stderr.strip().splitlines()[-1]
        assert joined(RAY_AUTH_MODE="token").returncode == 0


def test_without_ray_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"ray is not installed; type: pip install 'mdpzoo\[ray\]'"):
        next(ray_cluster.outcomes([], 1), None)
