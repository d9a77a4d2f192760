"""One process writes to a run's folder, and what the disk refuses is one sentence that loses nothing."""

import resource
import signal
import subprocess
import sys

import pytest

from mdpzoo.errors import SettingError
from mdpzoo.experiments.folders import LOCK, locked

HOLD = "import sys, time; from pathlib import Path; from mdpzoo.experiments.folders import locked\n"
HOLD += "with locked(Path(sys.argv[1])): print('in', flush=True); time.sleep(60)"
TRAIN = ("train", "q-learning", "mdpzoo/RiverSwim-v0", "--steps", "2000", "--seed", "3")


def mdpzoo(*arguments, most=None):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))  # as a full disk: writing beyond it is an OSError

    command = [sys.executable, "-m", "mdpzoo", *map(str, arguments)]
    preexec = None if most is None else limit
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, preexec_fn=preexec)


def test_a_second_process_is_kept_out_until_the_first_is_gone_even_by_a_kill(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "in\n"
        with pytest.raises(SettingError, match="another process works in"), locked(tmp_path):
            pass
        first.send_signal(signal.SIGKILL)
    with locked(tmp_path):
        assert (tmp_path / LOCK).exists()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(SettingError, match="cannot be written .* choose another folder"),
        locked(tmp_path / "file" / "run"),
    ):
        pass


def test_a_full_disk_is_one_sentence_and_the_run_goes_on_once_there_is_room(tmp_path):
    out = tmp_path / "run"
    done = mdpzoo(*TRAIN, "--out", out, most=1_000)  # less than an agent takes
    assert done.returncode == 2
    assert "cannot be written (File too large); make room, then go on with --resume" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (out / "result.json").exists()
    assert not list(out.glob(".saving-*"))
    resumed = mdpzoo(*TRAIN, "--out", out, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    fresh = mdpzoo(*TRAIN, "--out", tmp_path / "fresh")
    assert fresh.returncode == 0
    assert (out / "progress.csv").read_text().count("\n") == (tmp_path / "fresh/progress.csv").read_text().count("\n")
