import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_latent import pomdp_text, save_pomdp, signpost, tiger
from mdpzoo_latent.environments.revealing_pomdps import two_step


def read(text):
    """The tables of a file of this writer: header, then a matrix below each ``T:`` and ``O:``, and rewards."""
    header, tables, rewards, matrix = {}, {}, {}, None
    for line in filter(None, text.splitlines()):
        if line.startswith("R:"):
            parts = line[2:].split(":")
            rewards[int(parts[0]), int(parts[1])] = float(parts[3].split()[1])
        elif line[0] in "TO" and line[1] == ":":
            matrix = tables.setdefault((line[0], int(line[2:])), [])
        elif ":" in line:
            name, value = line.split(":")
            header[name] = value.strip()
        else:
            matrix.append([float(each) for each in line.split()])
    return header, tables, rewards


@pytest.mark.parametrize("model", [tiger(), two_step(), signpost().to_pomdp()])
def test_what_is_written_is_the_model(model):
    header, tables, rewards = read(pomdp_text(model, discount=0.9))
    assert header["discount"] == "0.9"
    assert (int(header["states"]), int(header["actions"]), int(header["observations"])) == (
        model.num_states,
        model.num_actions,
        model.num_observations,
    )
    assert [float(each) for each in header["start"].split()] == model.start.tolist()
    for action in range(model.num_actions):
        np.testing.assert_array_equal(tables["T", action], model.transitions[:, action])
        np.testing.assert_array_equal(tables["O", action], model.emissions[action])
        assert [rewards[action, s] for s in range(model.num_states)] == model.rewards[:, action].tolist()


def test_a_first_observation_conditions_the_start():
    header, _, _ = read(pomdp_text(two_step(), first=0))
    assert header["start"] == "0.5 0.5 0.0 0.0"
    with pytest.raises(SettingError, match="cannot begin with observation 1"):
        pomdp_text(two_step(), first=1)
    with pytest.raises(SettingError, match="cannot begin"):
        pomdp_text(tiger(), first=0)


def test_a_file_holds_the_text_and_a_wrong_discount_is_refused(tmp_path):
    save_pomdp(signpost(), tmp_path / "signpost.POMDP")
    assert (tmp_path / "signpost.POMDP").read_text() == pomdp_text(signpost().to_pomdp())
    with pytest.raises(SettingError, match=r"discount must lie in \(0, 1\]"):
        save_pomdp(signpost(), tmp_path / "wrong.POMDP", discount=0.0)
    assert not (tmp_path / "wrong.POMDP").exists()
