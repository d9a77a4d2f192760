import numpy as np
import pytest

from mdpzoo_nonstationary.drift.adaptation import AdaptationReport


@pytest.fixture
def report():
    """Ten episodes of 10 steps: returns of 5 before the change at step 50, of 1 in the 20 after it, of 4 then."""
    returns = np.array([5, 5, 5, 5, 5, 1, 1, 4, 4, 4], float)
    return AdaptationReport(np.arange(10, 101, 10), returns, np.array([50]))


def test_the_report_tells_before_at_and_after(report):
    assert report.around(20) == [{"change": 50, "before": 5.0, "at": 1.0, "after": 4.0}]


def test_after_ends_where_the_next_change_is(report):
    twice = AdaptationReport(report.ends, report.returns, np.array([50, 80]))
    first, second = twice.around(20)
    assert (first["before"], first["at"], first["after"]) == (5.0, 1.0, 2.5)
    assert (second["before"], second["at"], second["after"]) == (2.5, 4.0, 4.0)


def test_what_no_episode_shows_is_not_a_number(report):
    late = AdaptationReport(report.ends, report.returns, np.array([100]))
    assert np.isnan(late.around(5)[0]["at"])


def test_without_changes_there_is_nothing_to_report(report):
    assert AdaptationReport(report.ends, report.returns, np.zeros(0, np.int64)).around(20) == []
