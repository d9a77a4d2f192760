"""The time limit of a search."""

import time

from mdpzoo_combinatorial.local_search.budget import Budget


def test_the_clock_starts_when_the_limit_is_first_checked():
    budget = Budget(60)
    assert (budget.began, budget.used) == (False, 0.0)
    assert not budget.spent
    assert budget.began
    time.sleep(0.001)
    assert 0.0 < budget.used < 60.0
    assert budget.left < 60.0


def test_checks_are_counted_from_the_start_of_the_clock():
    budget = Budget()
    for _ in range(3):
        assert budget.left == float("inf")
    assert budget.looks == 3
    budget.begin()
    assert budget.looks == 0


def test_a_budget_that_is_stopped_has_nothing_left():
    budget = Budget()
    budget.stop()
    assert (budget.stopped, budget.left, budget.spent) == (True, 0.0, True)
