"""What stands on the page, without a browser."""

import json
import re
import time

import pytest

from mdpzoo import registry
from mdpzoo.errors import MissingExtraError, PluginError
from mdpzoo.report import Results, RunRecord, Section, page_of, read_results, write_page
from mdpzoo.report.markup import element
from mdpzoo.report.page.family_drawings import family_sections
from mdpzoo.report.page.methods import methods_paragraph
from mdpzoo.specs import EnvironmentSpec, FamilySpec
from tests.report.study_writer import StudyWriter, World


@pytest.fixture(scope="module")
def page(shown_results):
    return page_of(shown_results, families=False)


def data_of(page):
    return json.loads(re.search(r'id="report-data">(.*?)</script>', page).group(1))


def test_the_data_has_every_run_row_and_chart(page, shown_results):
    data = data_of(page)
    assert len(data["runs"]) == 80
    assert len(data["rows"]) == 16
    charts = set(re.findall(r'data-chart="([\w-]+)"', page))
    assert charts == set(data["charts"])
    assert len(charts) == 1 + 4 + 3  # profiles, learning curves, and a gap or a regret where the optimum is known


def test_no_address_of_this_machine_stands_on_the_page(page, shown_study):
    assert str(shown_study.parent) not in page


def test_the_same_results_make_the_same_page(page, shown_study):
    assert page_of(read_results([shown_study]), families=False) == page


def test_failures_skipped_pairs_and_unfinished_runs_are_listed(page):
    for sentence in (
        "ValueError: nan in &lt;loss&gt; &amp; friends",
        "optimal in mdpzoo/TSP-v0: it has no model",
        "mdpzoo-RiverSwim-v0/ppo/seed-2: 100\u2009k of 100\u2009k steps",
        "Failed runs (1)",
    ):
        assert sentence in page


def test_the_methods_say_what_was_run(shown_results):
    told = methods_paragraph(shown_results)
    for words in (
        "bq-nco, ppo, q-learning and random",
        "with 5 seeds each (0–4), for 100,000 environment steps each",
        "the mean return of its last evaluation (10 episodes)",
        "1 of 80 runs failed and are left out and 1 of 80 runs had not ended",
        "mdpzoo 0.1.0",
        "mdpzoo-example 0.1.0",
        "on Example CPU",
    ):
        assert words in told


def test_a_single_run_without_evaluations_makes_a_page():
    results = Results(
        title="one", runs=(RunRecord(folder="a", environment="e", agent="a", seed=0, status="unfinished"),)
    )
    page = page_of(results)
    assert "There is one seed each, so that no intervals are given." in page
    assert data_of(page)["charts"] == {}


def test_a_page_is_written_whole_or_not_at_all(shown_results, tmp_path, monkeypatch):
    monkeypatch.setattr("mdpzoo.report.page.page_file.json_script", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_page(shown_results, tmp_path / "r.html", families=False)
    assert list(tmp_path.iterdir()) == []


def test_without_jinja_one_sentence_says_what_to_install(shown_results, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mdpzoo\[report\]'"):
        page_of(shown_results)


@pytest.mark.parametrize("agents", [1, 12, 40])
def test_any_number_of_agents_fits_and_looks_stay_distinct(tmp_path, agents):
    names = {f"agent-{place:02}": 0.5 for place in range(agents)}
    root = StudyWriter(tmp_path / "s", [World("x/A-v0")], names, seeds=2, evaluations=2, episodes=2, lines=5).write()
    page = page_of(read_results([root]))
    looks = {
        (re.search(r"h\d", line).group(), (re.search(r'dasharray="([^"]*)"', line) or [None, None])[1])
        for line in re.findall(r'<path [^>]*class="curve h\d"[^>]*>', page)
    }
    assert len(looks) == min(agents, 32)


def test_a_report_over_a_hundred_runs_is_quick_and_small(tmp_path):
    """A tenth of what benchmarks/report_scale.py measures; the bounds are five times as loose."""
    worlds = [World(f"x/A{place}-v0", gain=1.0) for place in range(4)]
    root = StudyWriter(tmp_path / "s", worlds, {f"agent-{name}": 0.5 for name in "abcde"}, seeds=5).write()
    began = time.process_time()
    page = page_of(read_results([root]), families=False)
    assert time.process_time() - began < 10
    assert len(page) < 2_500_000


def drawn(runs):
    return Section("Drawn", element("p", f"{len(runs)} runs of <{runs[0].agent}>"), {"runs": len(runs)})


def broken(runs):
    raise RuntimeError("no <luck>")


def silent(runs):
    return None


def words(runs):
    return "<script>"


@pytest.fixture
def family(monkeypatch):
    def announce(hook):
        spec = EnvironmentSpec(id="toys/Drawn-v0", kind="model", rules="a:b", summary="")
        monkeypatch.setattr(registry, "_environments", {spec.id: spec})
        family = FamilySpec(name="toys", report_section=f"tests.report.test_page:{hook}")
        monkeypatch.setattr(registry, "_families", {"toys": family})
        monkeypatch.setattr(registry, "_owners", {spec.id: "toys", "family toys": "toys"})
        run = RunRecord(
            folder="a", environment="toys/Drawn-v0", agent="a", seed=0, status="done", environment_id=spec.id
        )
        return Results(title="t", runs=(run,))

    return announce


def test_a_family_draws_its_environments(family):
    page = page_of(family("drawn"))
    assert "1 runs of &lt;a&gt;" in page
    assert "Drawn: toys/Drawn-v0" in page
    assert data_of(page)["sections"] == [{"environment": "toys/Drawn-v0", "title": "Drawn", "data": {"runs": 1}}]


@pytest.mark.parametrize(
    ("hook", "reason"), [("broken", "no <luck>"), ("words", "must return a Section"), ("gone", "gone")]
)
def test_a_familys_failure_is_a_note(family, hook, reason):
    sections, notes = family_sections(family(hook))
    assert sections == []
    assert reason in notes[0]
    assert "left out" in page_of(family(hook))


def test_a_family_may_have_nothing_to_draw(family):
    assert family_sections(family("silent")) == ([], [])


def test_a_hook_must_name_code():
    with pytest.raises(PluginError, match="report_section of family 'toys' must look like"):
        FamilySpec(name="toys", report_section="no code")
