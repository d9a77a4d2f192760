"""The core alone says what to type."""

import os
import subprocess
import sys

import pytest

REMEDY = "no plugin is installed; type: pip install 'mdpzoo[recommended]'"
ALONE = os.environ | {"MDPZOO_PLUGINS": "none-of-them"}


@pytest.mark.parametrize(("arguments", "code"), [
    (["list", "environments"], 0),
    (["list", "agents"], 0),
    (["doctor"], 0),
    (["solve", "example:capitals"], 2),
    (["show", "mdpzoo/TSP-v0"], 2),
])  # fmt: skip
def test_commands_say_what_to_install(arguments, code):
    command = [sys.executable, "-m", "mdpzoo", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=ALONE, check=False)
    assert (done.returncode, REMEDY in done.stderr, "Traceback" in done.stderr) == (code, True, False)


@pytest.mark.parametrize("call", ["make('mdpzoo/TSP-v0')", "make_vec('mdpzoo/TSP-v0', 2)", "make_agent('ppo', None)"])
def test_python_says_what_to_install(call):
    code = f"import mdpzoo\ntry:\n    mdpzoo.{call}\nexcept mdpzoo.errors.UnknownNameError as error:\n    print(error)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ALONE, check=True)
    assert REMEDY in done.stdout


def test_a_batch_without_torch_says_what_to_install():
    code = (
        "import sys; sys.modules['torch'] = None\nimport mdpzoo\nfrom mdpzoo.models import TabularMDP\n"
        "model = TabularMDP.from_gymnasium('FrozenLake-v1')\nprint(mdpzoo.make(model).reset(seed=0))\n"
        "try:\n    mdpzoo.make_vec(model, 2)\nexcept mdpzoo.errors.MissingExtraError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ALONE, check=True)
    assert done.stdout.splitlines() == ["(0, {})", "torch is not installed; type: pip install 'mdpzoo[torch]'"]
