"""A study file says what is run; whatever is wrong with it is one sentence."""

import pytest

from mdpzoo.errors import SettingError
from mdpzoo.experiments.studies.study_file import read_study

ENTRIES = '[[environments]]\nid = "mdpzoo/RiverSwim-v0"\n[[agents]]\nid = "q-learning"\n'
STUDY = "[study]\nseeds = [3, 1]\nsteps = 10\n"


def read(tmp_path, text):
    path = tmp_path / "my-study.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_study(path)


def test_a_study_is_what_its_file_says(tmp_path):
    study = read(tmp_path, STUDY + "evaluate_every = 5\n" + ENTRIES)
    assert (study.name, study.seeds, study.steps, study.evaluate_every) == ("my-study", (3, 1), 10, 5)
    assert [each.id for each in study.environments] == ["mdpzoo/RiverSwim-v0"]
    assert study.text.startswith(b"[study]")


def test_a_number_of_seeds_counts_from_0(tmp_path):
    assert read(tmp_path, STUDY.replace("[3, 1]", "3") + ENTRIES).seeds == (0, 1, 2)


def test_labels_are_ids_and_where_one_stands_twice_names_or_hashes(tmp_path):
    more = (
        '[[agents]]\nid = "q-learning"\nsettings = {discount = 0.5}\n[[agents]]\nid = "q-learning"\nname = "mine/../"\n'
    )
    more += 'settings = {discount = 0.6}\n[[agents]]\nid = "ppo"\nname = "<script>"\n'
    study = read(tmp_path, STUDY + ENTRIES + more)
    labels = [each.label for each in study.agents]
    assert study.environments[0].label == "mdpzoo-RiverSwim-v0"
    assert labels[0].startswith("q-learning~")
    assert len(labels[0]) == len("q-learning~") + 8
    assert labels[1].startswith("q-learning~")
    assert labels[0] != labels[1]
    assert labels[2:] == ["mine-..-", "ppo"]  # no folder leads elsewhere
    assert [each.name for each in study.agents][2:] == ["mine/../", "<script>"]


WRONG = [
    ("", r"has no table \[study\]"),
    ("[study]\nseeds = 1\n" + ENTRIES, r"\[study\] has no steps"),
    (STUDY, "names no environments"),
    (STUDY + '[[environments]]\nid = "x"\n', "names no agents"),
    (STUDY + "[environments]\n" + ENTRIES[17:], "names no environments"),
    (STUDY.replace("steps", "stepps") + ENTRIES, "unknown setting 'stepps'.*Did you mean 'steps'"),
    (STUDY + ENTRIES + "settings = 3\n", "must be a table of finite JSON values"),
    (STUDY + ENTRIES + "settings = {x = nan}\n", "must be a table of finite JSON values"),
    (STUDY + ENTRIES + "settings = {x = 1979-05-27}\n", "must be a table of finite JSON values"),
    (STUDY + ENTRIES + "num_envs = 0\n", "num_envs of .*agents.* must be an integer"),
    (STUDY + ENTRIES + '[[agents]]\nid = "q-learning"\n', "give one of them another name or other settings"),
    (STUDY + ENTRIES + '[[agents]]\nname = "x"\n', "id of .*agents.* must be a text"),
    (STUDY.replace("10", "0") + ENTRIES, "steps of .study. must be an integer in"),
    (STUDY.replace("10", "true") + ENTRIES, "steps of .study. must be an integer in"),
    *((STUDY.replace("[3, 1]", seeds) + ENTRIES, "seeds of .study. must be a list") for seeds in
      ("0", "[]", "[1, 1]", "[-1]", "true", "1000000000", "[1.5]", '"3"')),
    (b"\xff\xfe", "is no TOML file"),
    ("x = [" * 5_000, "is no TOML file"),
    ("study = 1\nother = 2", "unknown setting 'other'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), WRONG)
def test_what_is_wrong_with_a_file_is_one_sentence(text, sentence, tmp_path):
    with pytest.raises(SettingError, match=sentence) as refused:
        read(tmp_path, text)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(SettingError, match="cannot be read .No such file"):
        read_study(tmp_path / "none.toml")
