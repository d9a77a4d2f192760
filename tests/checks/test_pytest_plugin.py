"""``pytest --mdpzoo NAME`` in a folder of its own: each check is a test, and without the option nothing happens."""

import subprocess
import sys

import pytest

OWN = "def test_own():\n    import sys\n    assert 'mdpzoo' not in sys.modules\n"


@pytest.fixture
def run(tmp_path):
    """Runs pytest in a folder with one test of its own, which finds that MDPZoo is not imported."""
    (tmp_path / "test_own.py").write_text(OWN)

    def pytest_in(*arguments):
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300)

    return pytest_in


def test_without_the_option_nothing_of_the_zoo_is_imported(run):
    done = run("-q")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_each_check_is_a_test_with_its_name(run):
    done = run("-v", "--mdpzoo", "Taxi-v4", "-k", "decides or declared", "-rs")
    assert done.returncode == 0, done.stdout
    assert "mdpzoo::Taxi-v4: the seed decides everything PASSED" in done.stdout
    assert "mdpzoo::Taxi-v4: rewards lie in the declared range SKIPPED" in done.stdout
    assert "it declares no reward_range" in done.stdout
    assert "1 passed, 1 skipped, 26 deselected" in done.stdout


def test_a_failed_check_is_one_line(run, tmp_path):
    (tmp_path / "drifting.py").write_text(
        "import gymnasium\n"
        "from gymnasium.envs.toy_text import CliffWalkingEnv\n"
        "class Loose(CliffWalkingEnv):\n"
        "    def step(self, action):\n"
        "        return *super().step(action)[:1], float('nan'), False, False, {}\n"
        "gymnasium.register('Loose-v0', 'drifting:Loose')\n"
    )
    done = run("-q", "--mdpzoo", "drifting:Loose-v0", "-k", "every and step")
    assert done.returncode == 1
    assert "drifting:Loose-v0: every step's observation, reward and mask is right: " in done.stdout
    assert "the reward after step 1 is nan" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_name_that_means_nothing_is_a_usage_error(run):
    done = run("--mdpzoo", "CartPoel-v1")
    assert done.returncode == 4
    assert "ERROR: --mdpzoo: unknown plugin, environment or agent 'CartPoel-v1'. Did you mean" in done.stderr
