"""Real wheels in a fresh environment without torch: what a third party's user sees."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent
PLUGINS = HERE / "fake_plugins"
NETWORK = ("connection broken", "connection refused", "newconnectionerror", "timed out", "temporary failure", "proxy")

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("MDPZOO_", "PYTHON"))}
PIP = ENVIRONMENT | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300, **options)


def build_wheels(folder, *projects):
    options = ("--no-deps", "--no-build-isolation", "--wheel-dir", folder)
    built = run(sys.executable, "-m", "pip", "wheel", "-q", *options, *projects, env=PIP)
    assert built.returncode == 0, built.stderr


class Venv:
    """A virtual environment that holds the host and whatever else is asked for."""

    def __init__(self, folder):
        self.folder, self.bin = folder, folder / "venv" / ("Scripts" if os.name == "nt" else "bin")

    def pip(self, *arguments):
        # the pip that runs the tests is quicker to start than one that a new environment would have to be given
        return run(sys.executable, "-m", "pip", "--python", self.bin / "python", *arguments, env=PIP)

    def install(self, name):
        (wheel,) = self.folder.glob(f"mdpzoo_test_{name.replace('-', '_')}-*.whl")
        done = self.pip("install", "-q", "--no-deps", "--no-index", "--no-compile", wheel)
        assert done.returncode == 0, done.stderr

    def uninstall(self, name):
        assert self.pip("uninstall", "-q", "-y", f"mdpzoo-test-{name}").returncode == 0

    def zoo(self, *arguments):
        return run(self.bin / "mdpzoo", *arguments, env=ENVIRONMENT, cwd=self.folder)

    def python(self, code):
        return run(self.bin / "python", "-c", code, env=ENVIRONMENT, cwd=self.folder)


@pytest.fixture(scope="module")
def venv(tmp_path_factory):
    venv = Venv(tmp_path_factory.mktemp("third-parties"))
    assert run(sys.executable, "-m", "venv", "--without-pip", venv.folder / "venv").returncode == 0
    build_wheels(venv.folder, ROOT, *sorted(PLUGINS.iterdir()))
    (host,) = venv.folder.glob("mdpzoo-*.whl")
    done = venv.pip("install", "-q", "--no-compile", "-c", ROOT / "constraints.txt", host)
    if done.returncode and any(sign in done.stderr.lower() for sign in NETWORK):
        pytest.skip("the package index cannot be reached, and the host's dependencies must come from there")
    assert done.returncode == 0, done.stderr
    return venv


@pytest.fixture(scope="module")
def good(venv):
    venv.install("good")
    yield venv
    venv.uninstall("good")


EMPTY = "no plugin is installed; type: pip install 'mdpzoo[recommended]'\n"


def test_the_host_alone_is_empty_and_healthy(venv):
    for kind in ("environments", "agents", "plugins"):
        listed = venv.zoo("list", kind, "--json")
        assert (json.loads(listed.stdout), listed.returncode, listed.stderr) == ([], 0, EMPTY)
    assert venv.zoo("doctor").returncode == 0


def test_the_host_alone_works_without_torch_and_says_what_to_install(venv):
    tried = venv.python("import sys, mdpzoo; assert 'torch' not in sys.modules; import torch")
    assert "No module named 'torch'" in tried.stderr
    trained = venv.zoo("train", "ppo", "CartPole-v1", "--steps", "1", "--out", "run")
    assert trained.returncode == 2
    assert trained.stderr == "error: stable_baselines3 is not installed; type: pip install 'mdpzoo[sb3]'\n"


WORKS = {
    "Gymnasium makes it with nothing imported": """
import gymnasium
env = gymnasium.make("mdpzoo:good/Corridor-v0", length=4)
env.reset(seed=0)
assert [env.step(1)[1:3] for _ in range(3)] == [(0, False), (0, False), (1, True)]""",
    "a spawned worker that imported nothing makes it": """
import gymnasium
if __name__ == "__main__":
    import multiprocessing, sys
    sys.modules["__main__"].__spec__ = None
    make = [lambda: gymnasium.make("mdpzoo:good/Corridor-v0")]
    envs = gymnasium.vector.AsyncVectorEnv(make, context="spawn")
    assert envs.reset(seed=0)[0].tolist() == [0]
    assert envs.step([1])[0].tolist() == [1]
    envs.close()""",
    "PettingZoo makes the game, both ways": """
import mdpzoo, pettingzoo
game = pettingzoo.make("parallel", "good/Pennies-v0")
game.reset(seed=0)
assert game.step({"even": 1, "odd": 1})[1] == {"even": 1.0, "odd": -1.0}
assert pettingzoo.make("aec", "good/Pennies-v0").possible_agents == ["even", "odd"]""",
    "its agent learns and predicts": """
import sys, mdpzoo
agent = mdpzoo.make_agent("good-majority", "good/Corridor-v0", seed=0).learn(400)
assert agent.predict(0)[0] == 1
assert "torch" not in sys.modules""",
}


@pytest.mark.parametrize("what", sorted(WORKS))
def test_of_the_good_plugin(what, good):
    done = good.python(WORKS[what])
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_of_a_plugin_runs_and_is_listed_without_importing_its_code(good):
    assert good.zoo("good-greet", "Ada").stdout == "hello Ada\n"
    assert "Example: mdpzoo good-greet Ada" in " ".join(good.zoo("good-greet", "--help").stdout.split())
    code = "import sys; from mdpzoo import cli; sys.argv = ['mdpzoo', '--help']\n"
    listed = good.python(code + "try: cli.main()\nexcept SystemExit: assert 'good_rules' not in sys.modules")
    assert (listed.returncode, "good-greet" in listed.stdout) == (0, True)


BROKEN = [
    ("unimportable", "2.1.0", "No module named 'a_package_that_nobody_has'"),  # fails to import
    ("rubbish", "0.3.0", "must return a list of EnvironmentSpec"),  # returns rubbish, and prints
    ("claims-id", "4.0.0", "'good/Corridor-v0' is already taken by mdpzoo-test-good"),  # a taken environment
    ("claims-namespace", "5.0.0", "'mdpzoo/Theirs-v0' uses the namespace 'mdpzoo', which is reserved"),  # ours
    ("claims-agent", "6.0.0", "'good-majority' is already taken by mdpzoo-test-good"),  # a taken agent
]


@pytest.mark.parametrize(("name", "version", "reason"), BROKEN)
def test_a_broken_plugin_is_named_by_the_doctor_and_harms_nobody(name, version, reason, good):
    good.install(name)
    try:
        said = good.zoo("doctor", "--json")
        sick = [row for row in json.loads(said.stdout) if not row["ok"]]
        assert said.returncode == 1
        assert [(row["distribution"], row["version"]) for row in sick] == [(f"mdpzoo-test-{name}", version)]
        assert reason in sick[0]["reason"]
        listed = json.loads(good.zoo("list", "environments", "--json").stdout)
        assert [row["id"] for row in listed] == ["good/Corridor-v0", "good/Pennies-v0"]
        assert {row["distribution"] for row in listed} == {"mdpzoo-test-good"}
    finally:
        good.uninstall(name)
    assert good.zoo("doctor").returncode == 0


def test_what_is_uninstalled_is_gone(venv):
    # the good plugin is gone by now, or was never there
    if venv.pip("show", "-q", "mdpzoo-test-good").returncode == 0:
        venv.uninstall("good")
    assert json.loads(venv.zoo("list", "environments", "--json").stdout) == []
    assert (
        "unknown environment 'good/Corridor-v0'" in venv.python("import mdpzoo; mdpzoo.make('good/Corridor-v0')").stderr
    )
