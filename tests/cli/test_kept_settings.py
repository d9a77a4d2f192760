"""What ``mdpzoo show`` says of settings is kept on disk: never stale, and harmless whatever the file holds."""

import json
import os
import subprocess
import sys

import pytest

from mdpzoo import registry
from mdpzoo.cli import kept_settings
from mdpzoo.cli.kept_settings import kept_rows
from mdpzoo.cli.settings_table import settings_rows

CODE = "mdpzoo_horizon.models.locks:combination_lock"
HEAVY = "{'torch', 'numba', 'scipy', 'matplotlib', 'pandas', 'stable_baselines3', 'sb3_contrib', 'pydantic'}"
SHOW_ALL = """
import contextlib, io, sys
from mdpzoo import cli, registry
commands = [["--help"], ["list", "environments"], ["list", "agents"], ["list", "plugins"], ["doctor"]]
commands += [["show", id] for id in (*registry.environments(), *registry.agents())]
every = list(cli.app.registered_commands)
for command in commands:
    cli.app.registered_commands, sys.argv, told = list(every), ["mdpzoo", *command], io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.suppress(SystemExit):
        cli.main()
    assert told.getvalue(), command
    assert not HEAVY & set(sys.modules), (command, HEAVY & set(sys.modules))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where rows are kept in a test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "mdpzoo" / "settings"


@pytest.fixture
def kept(folder):
    """The file with the rows of ``CODE``."""
    kept_rows(CODE, {})
    (file,) = folder.iterdir()
    return file


@pytest.fixture
def readings(monkeypatch):
    """Grows by one whenever rows are read anew."""
    found = []
    monkeypatch.setattr(kept_settings, "settings_rows", lambda *asked: found.append(asked) or settings_rows(*asked))
    return found


def test_help_list_doctor_and_show_of_every_id_import_nothing_heavy_once_rows_are_kept(folder):
    for id, spec in {**registry.environments(), **registry.agents()}.items():
        kept_rows(spec.rules if "/" in id else spec.build, spec.settings)
    subprocess.run([sys.executable, "-c", SHOW_ALL.replace("HEAVY", HEAVY)], check=True, env=os.environ)


def test_rows_from_disk_are_those_that_were_read(kept, readings):
    expected = json.loads(json.dumps(settings_rows(CODE, {}), default=str))
    assert kept_rows(CODE, {}) == expected
    assert readings == []


@pytest.mark.parametrize("change", ["python", "distribution", "source"])
def test_rows_are_read_anew_when_something_changes_that_they_may_depend_on(change, kept, readings, tmp_path, request):
    monkeypatch = request.getfixturevalue("monkeypatch")
    kept_settings._stamp.cache_clear()
    request.addfinalizer(kept_settings._stamp.cache_clear)
    if change == "python":
        monkeypatch.setattr(sys, "version", "4.0")
    elif change == "distribution":
        (tmp_path / "site" / "acme-2.0.dist-info").mkdir(parents=True)
        monkeypatch.syspath_prepend(tmp_path / "site")
    else:
        (tmp_path / "other.py").write_text("x = 1")
        found = kept_settings._sources
        monkeypatch.setattr(kept_settings, "_sources", lambda name: [*found(name), tmp_path / "other.py"])
    kept_rows(CODE, {})
    assert len(readings) == 1


def test_the_sources_of_a_package_are_found_without_importing_it(tmp_path, monkeypatch):
    (tmp_path / "acme_unimported" / "rooms").mkdir(parents=True)
    for file in ("__init__.py", "rooms/__init__.py", "rooms/maze.py"):
        (tmp_path / "acme_unimported" / file).write_text("raise RuntimeError")
    monkeypatch.syspath_prepend(tmp_path)
    assert len(kept_settings._sources("acme_unimported")) == 3
    assert kept_settings._sources("no_such_package") == []


ROW = {"name": "length", "type": "int", "default": 1, "range": None, "about": ""}


@pytest.mark.parametrize("rows", [
    None,
    [1],
    [{}],
    [ROW | {"more": 1}],
    [ROW | {"name": 1}],
    [ROW | {"about": "\x1b]0;title\x07"}],  # what a terminal obeys
    [ROW | {"default": {"deep": ["\x1b[2J"]}}],
    [ROW | {"range": {"low": 1}}],
    [ROW | {"range": 3}],
    [ROW | {"range": {"low": "a", "high": [], "low_excluded": 0, "high_excluded": 0}}],
])  # fmt: skip
def test_rows_of_another_form_count_as_not_there(rows, kept, readings):
    kept.write_text(json.dumps(json.loads(kept.read_text()) | {"rows": rows}))
    assert kept_rows(CODE, {}) == json.loads(json.dumps(settings_rows(CODE, {}), default=str))
    assert len(readings) == 1
    assert json.loads(kept.read_text())["rows"] != rows  # replaced


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"{", b"[" * 100_000, b"[]", b" " * 2_000_000])
def test_a_damaged_file_is_replaced(content, kept, readings):
    whole = kept.read_bytes()
    kept.write_bytes(content)
    kept_rows(CODE, {})
    assert len(readings) == 1
    assert kept.read_bytes() == whole


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_or_a_folder_in_place_of_the_file_holds_nobody_up(kept):
    kept.unlink()
    os.mkfifo(kept)
    assert kept_rows(CODE, {})
    assert kept.is_file()  # replaced
    kept.unlink()
    kept.mkdir()
    assert kept_rows(CODE, {})


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_file_that_is_a_link_is_replaced_and_what_it_points_to_is_left_alone(kept, tmp_path):
    (tmp_path / "precious").write_text("mine")
    kept.unlink()
    kept.symlink_to(tmp_path / "precious")
    kept_rows(CODE, {})
    assert (tmp_path / "precious").read_text() == "mine"
    assert not kept.is_symlink()


def test_where_nothing_can_be_kept_the_rows_are_there_all_the_same(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))  # no folder can be made in a file
    assert kept_rows(CODE, {})
    monkeypatch.setattr(kept_settings, "user_cache", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert kept_rows(CODE, {})
