"""The page in headless Chromium, as a reader sees it."""

import json
import re

import numpy as np
import pytest

from mdpzoo.report import read_results, write_page
from mdpzoo.report.analysis.seed_curves import learning_curve, regret_curve
from tests.report.study_writer import StudyWriter, World, dump, fail

EVIL = "<script>document.title='hurt'</script><img src=x onerror=\"document.title='hurt'\">"


class Reader:
    """A reader with one page open, who notes what goes wrong and what is asked of the network."""

    def __init__(self, browser, path, width=1280, **options):
        self.context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        self.page = self.context.new_page()
        self.complaints, self.requests = [], []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())
        self.address = path.as_uri()

    def column(self, table, place):
        return self.page.eval_on_selector_all(
            f"{table} tbody tr", f"rows => rows.map(row => row.cells[{place}].textContent)"
        )


@pytest.fixture(scope="module")
def page_file(shown_results, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_page(shown_results, path, families=False)
    return path


@pytest.fixture
def read(browser, page_file):
    readers = []

    def opened(path=page_file, **options):
        readers.append(Reader(browser, path, **options))
        return readers[-1]

    yield opened
    for reader in readers:
        reader.context.close()


def test_nothing_is_complained_of_and_nothing_is_loaded(read):
    reader = read()
    reader.page.hover("svg[data-chart]")
    reader.page.keyboard.press("Tab")
    assert reader.complaints == []
    assert reader.requests == [reader.address]


def test_the_policy_stops_what_a_page_with_a_hole_would_load(read):
    """If a name could become markup, the browser would still load and run nothing."""
    reader = read()
    reader.page.evaluate(
        """() => {
            window.stopped = [];
            addEventListener('securitypolicyviolation', event => window.stopped.push(event.effectiveDirective));
            document.body.append(Object.assign(new Image(), {src: 'http://192.0.2.1/x.png'}));
            document.body.append(Object.assign(document.createElement('script'), {text: 'window.hurt = 1'}));
            document.body.setAttribute('onclick', 'window.hurt = 1');
            document.body.click();
        }"""
    )
    reader.page.wait_for_function("window.stopped.length >= 3")
    assert reader.page.evaluate("window.hurt") is None
    assert {"img-src", "script-src-elem", "script-src-attr"} <= set(reader.page.evaluate("window.stopped"))


def test_a_table_is_sorted_by_keyboard_and_says_so(read):
    reader = read()
    table = "#environment-1 table.sortable"
    before = reader.column(table, 0)
    button = reader.page.locator(f"{table} thead th >> nth=0").locator("button")
    button.focus()
    reader.page.keyboard.press("Enter")
    assert reader.column(table, 0) == sorted(before)
    head = reader.page.locator(f"{table} thead th >> nth=0")
    assert head.get_attribute("aria-sort") == "ascending"
    reader.page.keyboard.press("Space")
    assert reader.column(table, 0) == sorted(before, reverse=True)
    assert head.get_attribute("aria-sort") == "descending"
    reader.page.keyboard.press("Tab")  # to the head of the next column
    reader.page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") is None
    assert reader.page.locator(f"{table} thead th >> nth=1").get_attribute("aria-sort") == "descending"


def test_numbers_sort_as_numbers_and_unknown_ones_stay_last(read):
    reader = read()
    reader.page.locator("#runs summary").click()
    head = reader.page.locator("#runs thead th >> nth=5").locator("button")
    for direction in (-1, 1):
        head.click()
        shown = reader.column("#runs table", 5)
        numbers = [float(each.replace("−", "-").replace(",", "")) for each in shown if each != "–"]
        assert shown[-1] == "–"  # the run that failed
        assert [direction * each for each in numbers] == sorted(direction * each for each in numbers)


def points(d):
    """The corners of an SVG path of straight lines."""
    return np.array([[float(each) for each in pair.split()] for pair in re.split("[ML]", d.rstrip("Z"))[1:]])


@pytest.mark.parametrize(("chart", "computed"), [("learning", learning_curve), ("regret", regret_curve)])
def test_curves_and_intervals_that_are_drawn_equal_the_runs(read, shown_results, chart, computed):
    reader = read()
    environment = "mdpzoo/RiverSwim-v0"
    id = f"environment-{shown_results.environments.index(environment)}-{chart}"
    data = json.loads(reader.page.text_content("#report-data"))["charts"][id]
    left, right, foot, top = data["frame"]
    x0, x1, y0, y1 = data["limits"]
    for series in data["series"]:
        runs = shown_results.groups[environment, series["name"]]
        curve = computed(runs, shown_results.truth(environment))
        for name, values in (
            ("steps", curve.steps),
            ("values", curve.values),
            ("low", curve.low),
            ("high", curve.high),
        ):
            np.testing.assert_allclose(np.array(series[name], float), values, rtol=1e-5, atol=1e-9)
        line = reader.page.get_attribute(f'svg[data-chart="{id}"] .curve[data-name="{series["name"]}"]', "d")
        drawn = points(line)
        np.testing.assert_allclose(
            x0 + (drawn[:, 0] - left) / (right - left) * (x1 - x0), curve.steps, atol=2e-4 * (x1 - x0)
        )
        np.testing.assert_allclose(
            y0 + (drawn[:, 1] - foot) / (top - foot) * (y1 - y0), curve.values, atol=4e-4 * (y1 - y0)
        )
        area = points(reader.page.get_attribute(f'svg[data-chart="{id}"] .band[data-name="{series["name"]}"]', "d"))
        limits = np.concatenate([curve.high, curve.low[::-1]])
        shown = y0 + (area[:, 1] - foot) / (top - foot) * (y1 - y0)
        np.testing.assert_allclose(shown, np.clip(limits, y0, y1), atol=4e-4 * (y1 - y0))


def test_the_read_out_says_the_numbers_under_the_pointer_and_by_arrow_keys(read):
    reader = read()
    svg = reader.page.locator("#environment-1 svg[data-chart]").first
    svg.focus()
    reader.page.keyboard.press("Home")
    output = reader.page.locator("#environment-1 output").first
    first = output.text_content()
    assert first.startswith("step 5,000:")
    assert "bq-nco" in first
    reader.page.keyboard.press("ArrowRight")
    assert output.text_content().startswith("step 10,000:")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system_and_can_be_chosen_without_a_script(read, scheme):
    reader = read(color_scheme=scheme, java_script_enabled=False)
    brightness = "() => getComputedStyle(document.documentElement).backgroundColor"

    def is_dark():
        red = int(re.findall(r"\d+", reader.page.evaluate(brightness))[0])
        return red < 128

    assert is_dark() == (scheme == "dark")
    other = "light" if scheme == "dark" else "dark"
    reader.page.locator(f"label[for=theme-{other}]").click()
    assert is_dark() == (other == "dark")


@pytest.mark.parametrize("width", [320, 375, 800, 1280])
def test_the_page_never_scrolls_sideways(read, width):
    reader = read(width=width)
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= width


def test_no_label_of_a_chart_overlaps_another(read):
    reader = read()
    boxes = """svg => Array.from(svg.querySelectorAll('.label')).map(each => {
        const box = each.getBoundingClientRect(); return [box.top, box.bottom, box.right]; })"""
    for svg in reader.page.locator("svg.lines").all():
        found = sorted(svg.evaluate(boxes))
        edge = svg.evaluate("svg => svg.getBoundingClientRect().right")
        assert all(right <= edge + 1 for *_, right in found)
        assert all(after[0] >= before[1] - 4 for before, after in zip(found, found[1:], strict=False))  # line height


def test_the_page_reads_without_a_script(read):
    reader = read(java_script_enabled=False)
    text = reader.page.inner_text("body")
    for each in ("Overview", "Learning curves", "What is missing", "nan in <loss> & friends", "We ran"):
        assert each in text
    assert reader.page.locator("svg.lines path.curve").count() > 10
    assert reader.page.locator("table button").count() == 0  # nothing that would do nothing


def test_names_that_are_markup_do_no_harm(browser, read, tmp_path):
    root = StudyWriter(
        tmp_path / EVIL.replace("/", "_"), [World("mdpzoo/FrozenLake-v0", 0.7, 0.0)], {"ppo": 0.9}, 2
    ).write()
    home = root / "mdpzoo-FrozenLake-v0" / "ppo"
    for seed in (0, 1):
        asked = json.loads((home / f"seed-{seed}" / "run.json").read_text())
        dump(home / f"seed-{seed}" / "run.json", asked | {"agent": EVIL, "environment": f"x/{EVIL}"})
    home.rename(home.parent / EVIL.replace("/", "-"))
    home = home.parent / EVIL.replace("/", "-")
    fail(home / "seed-1", kind=EVIL, message=f"</script>{EVIL}")
    dump(
        root / "study.json",
        {"name": f"</title>{EVIL}", "skipped": [{"environment": EVIL, "agent": EVIL, "reason": EVIL}]},
    )
    path = tmp_path / "evil.html"
    write_page(read_results([root]), path)
    reader = read(path)
    assert reader.page.title().startswith("</title><script>")
    assert reader.page.locator("img").count() == 0
    assert reader.page.locator("script").count() == 2
    assert reader.complaints == []
    assert reader.requests == [reader.address]
    assert EVIL in reader.page.inner_text("h1")


def test_on_paper_the_page_is_light_and_without_controls(read):
    reader = read(color_scheme="dark")
    reader.page.emulate_media(media="print")
    assert not reader.page.locator(".theme").is_visible()
    assert not reader.page.locator("nav").is_visible()
    colour = reader.page.evaluate("getComputedStyle(document.documentElement).color")
    assert max(map(int, re.findall(r"\d+", colour)[:3])) < 128
