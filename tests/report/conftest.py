"""A study that several tests show, and a browser where there is one."""

import os
import shutil

import pytest

from mdpzoo.report import read_results
from tests.report.study_writer import showcase

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def shown_study(tmp_path_factory):
    """The folder of a study with everything that a page can show."""
    return showcase(tmp_path_factory.mktemp("shown") / "study")


@pytest.fixture(scope="session")
def shown_results(shown_study):
    """Its records."""
    return read_results([shown_study])


@pytest.fixture(scope="module")  # its event loop ends before other tests begin
def browser():
    """Headless Chromium of the distribution, driven by Playwright."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed; it comes with the extra dev")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("there is no Chromium; install the distribution's package, as in: apt-get install chromium")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()
