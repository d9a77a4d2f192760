"""The commands, as they are typed."""

import base64
import json
import sys

import pytest

from mdpzoo.cli import main


def typed(capsys, monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["mdpzoo", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    spoken = [line for line in said.err.splitlines(True) if not line.startswith("compiling once")]
    return ended.value.code or 0, said.out, "".join(spoken)


@pytest.fixture(scope="module")
def run_file(tmp_path_factory):
    from mdpzoo_coding import send

    path = tmp_path_factory.mktemp("runs") / "run.npz"
    send("hello", "CartPole-v1", out=path, key="k", seed=0)
    return path


def test_a_text_is_sent_and_received(capsys, monkeypatch, tmp_path):
    path = tmp_path / "run.npz"
    code, out, _ = typed(capsys, monkeypatch, "send", "hello", "--env", "CartPole-v1", "--key", "k", "--out", path)
    assert code == 0
    assert "sent 5 bytes in 1 episodes of CartPole-v1, return 500.0" in out
    assert typed(capsys, monkeypatch, "receive", path, "--key", "k") == (0, "hello\n", "")


def test_send_prints_json(capsys, monkeypatch, tmp_path):
    words = ("send", "hi", "--env", "CartPole-v1", "--out", tmp_path / "run.npz", "--seed", "1", "--json")
    code, out, err = typed(capsys, monkeypatch, *words)
    told = json.loads(out)
    assert code == 0
    assert err == ""
    assert told["bytes"] == 2
    assert told["returns"] == [500.0]
    assert told["bits"] == 4 + 8 * 18
    assert told["text_steps"] < told["frame_steps"] <= told["steps"]
    assert told["encrypted_with_key"] is False


def test_without_a_key_it_says_that_anybody_can_read(capsys, monkeypatch, tmp_path):
    _, _, err = typed(capsys, monkeypatch, "send", "hi", "--out", tmp_path / "run.npz", "--seed", "1")
    assert "anybody with the policy can read it" in err


def test_receive_prints_json(capsys, monkeypatch, run_file):
    _, out, _ = typed(capsys, monkeypatch, "receive", run_file, "--key", "k", "--json")
    assert json.loads(out) == {"text": "hello", "bytes": 5, "base64": "aGVsbG8=", "file": None}


def test_files_travel_byte_by_byte(capsys, monkeypatch, tmp_path):
    content = bytes(range(200, 256))
    (tmp_path / "in.bin").write_bytes(content)
    path = tmp_path / "run.npz"
    assert typed(capsys, monkeypatch, "send", "--file", tmp_path / "in.bin", "--out", path, "--key", "k")[0] == 0
    assert typed(capsys, monkeypatch, "receive", path, "--key", "k", "--out", tmp_path / "out.bin")[0] == 0
    assert (tmp_path / "out.bin").read_bytes() == content
    code, _, err = typed(capsys, monkeypatch, "receive", path, "--key", "k")
    assert code == 2
    assert "are no text; write them to a file with --out" in err
    _, out, _ = typed(capsys, monkeypatch, "receive", path, "--key", "k", "--json")
    told = json.loads(out)
    assert told["text"] is None
    assert base64.b64decode(told["base64"]) == content


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("send", "--out", "run.npz"), "give either a text or --file"),
        (("send", "hi", "--env", "FrozenLake-v1", "--out", "run.npz"), "there is no ready policy for FrozenLake-v1"),
        (("send", "hi", "--env", "Pendulum-v1", "--policy", "zoo:steady", "--out", "run.npz"), "finitely many actions"),
        (("send", "hi", "--out", "missing/run.npz"), "there is no folder"),
        (("send", "--file", "missing.txt", "--out", "run.npz"), "No such file"),
        (("receive", "missing.npz"), "cannot be read"),
        (("send", "hi", "--noise", "1.5", "--out", "run.npz"), "noise must be a probability"),
    ],
)
def test_errors_are_one_sentence(capsys, monkeypatch, tmp_path, words, sentence):
    monkeypatch.chdir(tmp_path)
    code, out, err = typed(capsys, monkeypatch, *words)
    assert code == 2
    assert out == ""
    assert sentence in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1


def test_a_wrong_key_and_a_damaged_file_are_one_sentence(capsys, monkeypatch, tmp_path, run_file):
    code, _, err = typed(capsys, monkeypatch, "receive", run_file, "--key", "other")
    assert (code, err.count("\n")) == (2, 1)
    assert "does not fit the key" in err
    content = bytearray(run_file.read_bytes())
    content[1000] ^= 1
    (tmp_path / "damaged.npz").write_bytes(bytes(content))
    code, _, err = typed(capsys, monkeypatch, "receive", tmp_path / "damaged.npz", "--key", "k")
    assert (code, err.count("\n")) == (2, 1)
    assert "damaged: its checksum is another" in err


def test_settings_of_the_environment_are_passed_on(capsys, monkeypatch, tmp_path):
    path, ice = tmp_path / "run.npz", ("--env-set", "is_slippery=false")
    code, _, _ = typed(
        capsys, monkeypatch, "send", "a", "--env", "FrozenLake-v1", *ice, "--policy", "soft:0.02", "--out", path
    )
    assert code == 0
    found = typed(capsys, monkeypatch, "receive", path, "--env", "FrozenLake-v1", *ice, "--policy", "soft:0.02")
    assert found[:2] == (0, "a\n")
