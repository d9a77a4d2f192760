"""The command line, in this process where it can be, in another where signals, pipes and terminals matter."""

import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial

import pytest

import mdpzoo
from mdpzoo import registry
from mdpzoo.specs import CommandSpec

COMMAND = (sys.executable, "-c", "from mdpzoo.cli import main; main()")
RIVER, TSP = "mdpzoo/RiverSwim-v0", "mdpzoo/TSP-v0"
COMMANDS = ["list", "show", "doctor", "train", "evaluate", "check", "new", "warm-up"]


def one_value(said):
    """The only JSON value on standard output; fails if there is anything else."""
    code, out, _ = said
    assert code == 0
    assert out.count("\n") == 1
    return json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@pytest.mark.parametrize("kind", ["environments", "agents", "plugins"])
def test_a_list_is_one_json_value_that_names_what_python_names(kind, zoo):
    rows = one_value(zoo("list", kind, "--json"))
    if kind == "plugins":
        assert [row["plugin"] for row in rows] == [status.name for status in mdpzoo.plugins()]
    else:
        assert [row["id"] for row in rows] == list(getattr(mdpzoo, kind)())
    assert all(row["distribution"].startswith("mdpzoo") for row in rows)


def test_a_table_has_one_line_for_each_row_where_nobody_watches(zoo):
    code, out, _ = zoo("list", "environments")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["id", *mdpzoo.environments()]


def test_show_tells_of_environments_and_agents(zoo):
    assert one_value(zoo("show", TSP, "--json"))["kind"] == "problem"
    assert one_value(zoo("show", "ppo", "--json"))["trained"] is False
    assert "Drakulic" in zoo("show", TSP)[1]


def test_the_version_is_that_of_the_distribution(zoo):
    assert zoo("--version")[1] == f"mdpzoo {importlib.metadata.version('mdpzoo')}\n"


def test_warm_up_compiles_once(zoo):
    zoo("warm-up")
    assert all(row["seconds"] == 0 for row in json.loads(zoo("warm-up", "--json")[1]))


def test_what_a_plugin_says_is_no_markup(zoo, monkeypatch):
    status = mdpzoo.plugins()[0]
    sick = type(status)("sick", "sick [/red]", "1", "No module named ':smile:' in [bold]")
    monkeypatch.setattr(registry, "_statuses", [sick])
    code, out, _ = zoo("doctor")
    assert code == 1
    assert "sick [/red]" in out
    assert "':smile:' in [bold]" in out


def test_the_doctor_is_content(zoo):
    assert all(row["ok"] for row in one_value(zoo("doctor", "--json")))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_gives_an_example(command, zoo):
    code, out, _ = zoo(command, "--help")
    assert code == 0
    assert f"\n  Example: mdpzoo {command}" in out


def test_help_lists_the_commands_of_plugins_without_importing_them(zoo, monkeypatch):
    added = CommandSpec(name="wave", function="nowhere:wave", summary="Wave. Example: mdpzoo wave")
    monkeypatch.setitem(registry._commands, "wave", added)
    monkeypatch.setitem(registry._owners, "wave", "mdpzoo-waving")
    code, out, _ = zoo("--help")
    assert code == 0
    assert all(f"  {name} " in out for name in [*COMMANDS, "wave"])
    code, _, err = zoo("wave")  # typed, it is imported, and here cannot be
    assert code == 2
    assert err.startswith("error: command 'wave' of mdpzoo-waving cannot be loaded: ModuleNotFoundError")


TRAININGS = [
    ("ppo", TSP, ["--steps", 1024, "--env-set", "num_nodes=10", "--set", "n_steps=64"]),
    ("maskable-ppo", TSP, ["--steps", 128, "--set", "n_steps=16"]),
    ("q-learning", RIVER, ["--steps", 400, "--set", "epsilon=[0.5, 0.1]"]),
    ("dqn", RIVER, ["--steps", 200, "--set", "buffer_size=1000"]),  # off-policy, in eight environments
    ("random", TSP, ["--steps", 80]),
    ("nearest-neighbour", TSP, ["--steps", 80]),
]


@pytest.mark.parametrize(("agent", "environment", "arguments"), TRAININGS)
def test_what_is_trained_is_evaluated_and_prints_one_value(agent, environment, arguments, zoo, tmp_path):
    steps = arguments[1]
    talkative = [] if agent == "nearest-neighbour" else ["--set", "verbose=1"]
    said = zoo("train", agent, environment, *arguments, *talkative, "--out", tmp_path / "run", "--json")
    told = one_value(said)
    assert told["complete"]
    assert told["steps"] >= steps
    assert not talkative or "Using cpu device" in said[2]  # SB3 prints, but not where a program reads
    found = one_value(zoo("evaluate", tmp_path / "run", "--episodes", 20, "--json"))
    assert (found["agent"], found["environment"], found["episodes"]) == (agent, environment, 20)
    assert found["interval_95"][0] <= found["mean_return"] <= found["interval_95"][1]
    again = one_value(zoo("evaluate", tmp_path / "run" / "agent.zip", "--episodes", 20, "--json"))
    assert again["mean_length"] == found["mean_length"]


@pytest.fixture(scope="module")
def river(tmp_path_factory):
    """A finished run."""
    from mdpzoo.experiments.run import Run
    from mdpzoo.experiments.training import train

    folder = tmp_path_factory.mktemp("runs") / "river"
    train(Run(agent="q-learning", environment=RIVER, steps=80), folder)
    return folder


TRAIN = ["train", "ppo", TSP, "--steps", 10]
WRONG = [
    (["list", "things"], "unknown kind 'things'. Known: environments, agents, plugins"),
    (["show", "mdpzoo/TPS-v0"], "unknown environment 'mdpzoo/TPS-v0'. Did you mean 'mdpzoo/TSP-v0'?"),
    (["show", "pppo"], "unknown agent 'pppo'. Did you mean 'ppo'?"),
    (["check", "mdpzoo/TPS-v0"], "Did you mean 'mdpzoo/TSP-v0'?"),
    (
        ["check", TSP, "--env-set", "num_nods=3"],
        "'num_nods' of environment 'mdpzoo/TSP-v0'. Did you mean 'num_nodes'?",
    ),
    (["train", "ppo", "mdpzoo/MatrixGame-v0", "--steps", 1, "--out", "new"], "is a game of several players"),
    (["train", "pppo", TSP, "--steps", 1, "--out", "new"], "Did you mean 'ppo'?"),
    (["train", "ppo", "nowhere:X-v0", "--steps", 1, "--out", "new"], "No module named 'nowhere'"),
    (["train", "sac", TSP, "--steps", 1, "--out", "new"], "agent 'sac' acts in Box spaces"),
    ([*TRAIN, "--out", "new", "--set", "learning_rat=1"], "Did you mean 'learning_rate'?"),
    ([*TRAIN, "--out", "new", "--set", "learning_rate=abc"], "'learning_rate' of PPO must be a number"),
    ([*TRAIN, "--out", "new", "--set", "n_steps=1.5"], "'n_steps' of PPO must be an integer, got 1.5"),
    ([*TRAIN, "--out", "new", "--set", "gamma=NaN"], "'gamma' of PPO must be a number, got 'NaN'"),
    ([*TRAIN, "--out", "new", "--set", "gamma=1e999"], "settings must be finite JSON values"),
    ([*TRAIN, "--out", "new", "--set", "device=abacus"], "PPO refuses these settings"),
    ([*TRAIN, "--out", "new", "--set", "n_steps"], "must look like key=value, got 'n_steps'"),
    ([*TRAIN, "--out", "new", "--set", "gamma=1", "--set", "gamma=0"], "'gamma' is given twice"),
    ([*TRAIN, "--out", "new", "--set", "seed=1"], "--seed"),
    ([*TRAIN, "--out", "new", "--env-set", "num_nodes=few"], "must be an integer or null, got 'few'"),
    ([*TRAIN, "--out", "new", "--env-set", "num_nodes=-3"], "num_nodes must lie in 2..200000, got -3"),
    ([*TRAIN, "--out", "RUN"], "holds a run already"),
    ([*TRAIN, "--out", "RUN/.."], "is not empty"),
    ([*TRAIN, "--out", "RUN/run.json"], "is a file"),
    ([*TRAIN, "--out", "RUN/run.json/new"], "cannot be written"),
    ([*TRAIN, "--out", "/dev/null/new"], "cannot be written"),
    ([*TRAIN, "--out", "new", "--resume"], "holds no run to resume"),
    ([*TRAIN, "--out", "RUN", "--resume"], "resume it with the same command"),
    (["evaluate", "nowhere"], "unknown saved agent 'nowhere'"),
    (["evaluate", "ppo"], "is not pretrained"),
    (["evaluate", "RUN/run.json"], "neither a safetensors file nor SB3's zip"),
    (["evaluate", "RUN", "--env", TSP], "cannot be made"),
    (["evaluate", "RUN", "--env-set", "length=7"], "does not fit agent 'q-learning'"),
]


@pytest.mark.parametrize(("arguments", "sentence"), WRONG)
def test_an_error_is_one_sentence_and_exit_code_2(arguments, sentence, zoo, river, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = zoo(*(str(each).replace("RUN", str(river)) for each in arguments))
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_a_damaged_agent_is_refused(zoo, river, tmp_path):
    content = (river / "agent.zip").read_bytes()
    (tmp_path / "agent.zip").write_bytes(content[: len(content) // 2])
    (tmp_path / "run.json").write_bytes((river / "run.json").read_bytes())
    code, _, err = zoo("evaluate", tmp_path)
    assert code == 2
    assert err.startswith("error: agent.zip is damaged or no saved agent")


@pytest.mark.parametrize(
    "arguments",
    [
        ["lits"],  # no such command
        ["list"],  # nothing to list
        ["train", "ppo", TSP, "--steps", "many", "--out", "new"],
        ["train", "ppo", TSP, "--steps", "10"],  # nowhere to put it
        ["train", "ppo", TSP, "--steps", "10", "--out", "new", "--seed", "4294967296"],
        ["evaluate", "new", "--episodes", "0"],
    ],
)
def test_a_usage_error_is_exit_code_2(arguments, zoo):
    code, out, err = zoo(*arguments)
    assert (code, out) == (2, "")
    assert "Traceback" not in err


def test_check_says_which_rule_is_broken(zoo, monkeypatch):
    rows = one_value(zoo("check", RIVER, "--env-set", "length=3", "--json"))
    assert {row["result"].partition(":")[0] for row in rows} == {"passed", "skipped"}
    monkeypatch.setattr("mdpzoo.interop.shells.model_env.ModelEnv.reset", lambda self, **_: (99, {}))
    code, out, _ = zoo("check", RIVER)
    assert code == 1
    assert "it passes Gymnasium's check_env" in out


def test_ctrl_c_keeps_the_agent_and_resume_reaches_the_same_total(tmp_path):
    typed = [*COMMAND, "train", "q-learning", RIVER, "--steps", "80000", "--out", str(tmp_path / "run"), "--json"]
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # or a shell had it ignored
    process = subprocess.Popen(typed, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heard)
    deadline = time.monotonic() + 60
    while not (tmp_path / "run" / "run.json").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    told = json.loads(out)
    assert (process.returncode, told["complete"]) == (130, False)
    assert 0 < told["steps"] < 80_000
    assert err == f"stopped at step {told['steps']}; go on with the same command and --resume\n"
    assert not (tmp_path / "run" / "result.json").exists()
    resumed = subprocess.run([*typed, "--resume"], capture_output=True, text=True, timeout=120)
    assert json.loads(resumed.stdout)["steps"] == 80_000
    assert json.loads((tmp_path / "run" / "result.json").read_text())["steps"] == 80_000


@pytest.mark.parametrize("json_option", [[], ["--json"]])
def test_a_closed_pipe_is_no_error(json_option):
    process = subprocess.Popen(
        [*COMMAND, "list", "environments", *json_option], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()  # before anything is written
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


def test_progress_has_a_rate_and_is_for_terminals_only(tmp_path):
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    typed = [*COMMAND, "train", "q-learning", RIVER, "--steps", "8000", "--json"]
    seen = subprocess.run(
        [*typed, "--out", str(tmp_path / "a")],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm"},
    )
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert json.loads(seen.stdout)["steps"] == 8000
    assert "steps/s" in shown
    assert "8000/8000" in shown
    hidden = subprocess.run([*typed, "--out", str(tmp_path / "b")], capture_output=True)
    assert hidden.stderr == b""


def test_an_agent_that_comes_trained_is_evaluated_by_its_id(zoo):
    found = one_value(zoo("evaluate", "bq-nco", "--env", TSP, "--env-set", "num_nodes=8", "--episodes", 4, "--json"))
    assert found["agent"] == "bq-nco"
    assert found["mean_length"] == 7.0  # the last step closes the tour
