"""Confidence sets around estimated models, one function for all learners.

Sources: UCRL2 (Jaksch et al. 2010), UCRL2B, KL-UCRL and UCRL3 as listed in the family's documentation, SW-UCRL2 with
confidence widening (Cheung et al. 2020), PSRL (Osband et al. 2013). The constants of all but the L1 radii of UCRL2
are those of public implementations, not checked against the papers.

What differs from the papers: ``radius_scale`` multiplies the logarithms, 1 being the papers' sets; UCRL3's rewards have
a time-uniform sub-Gaussian radius alone.
"""

import math

import numpy as np

from mdpzoo.compiling import borrowing
from mdpzoo_nonstationary.learners.chance import gamma
from mdpzoo_nonstationary.learners.records import BERNSTEIN, BOXES, KL, POSTERIOR

BISECTIONS = 40  # of a bound on a probability: below 1e-12
PEELING = 1.12  # of UCRL3's time-uniform bounds
SUPPORT = 10.0  # of UCRL3's support, the constant of its public implementation


@borrowing
def update_sets(designs, clocks, counts, sets):  # type: ignore[no-untyped-def]
    """Writes the confidence sets of the counts to ``sets``; all are fields of a ``Learner``. Costs O(S^2 A)."""
    design, clock = designs[0], clocks[0]
    kind = design.kind
    states, actions = counts.visits.shape
    for state in range(states):
        for action in range(actions):
            visits = counts.visits[state, action]
            if kind == POSTERIOR:
                _sample(clock, counts, sets, state, action, visits)
                continue
            for after in range(states):
                share = counts.transitions[state, action, after] / visits if visits > 0.0 else 1.0 / states
                sets.centre[state, action, after] = share
            mean = counts.rewards[state, action] / max(visits, 1.0)
            variance = max(counts.squares[state, action] / max(visits, 1.0) - mean * mean, 0.0)
            radius, width = radii(design, clock, states, actions, max(visits, 1.0), variance)
            sets.radius[state, action] = radius + clock.widening
            sets.rewards[state, action] = min(1.0, mean + width)
            if kind in (BERNSTEIN, BOXES):
                _bound(design, sets, state, action, max(visits, 1.0))
            if kind == BOXES:
                sets.radius[state, action] = _slack(counts.transitions[state, action], max(visits, 1.0))


@borrowing
def radii(design, clock, states, actions, n, variance):  # type: ignore[no-untyped-def]
    """Returns the radius of a pair's transitions and of its mean reward, after n visits."""
    kind, scale, delta = design.kind, design.radius_scale, design.delta
    steps = np.float64(clock.step - clock.since + 1)
    if clock.window > 0:
        length = scale * math.log(states * actions * design.horizon / delta)
        return 2.0 * math.sqrt(2.0 * states * length / n), 2.0 * math.sqrt(2.0 * length / n)
    if kind == BERNSTEIN:
        length = scale * math.log(18.0 * states * actions * n / delta)
        return 0.0, 2.0 * math.sqrt(variance * length / n) + 6.0 * length / n
    if kind == KL:
        growth = math.log(max(steps, 3.0))
        b = math.log(2.0 * math.e * states * states * actions * growth / delta)
        length = states * (b + math.log(b + 1.0 / growth) * (1.0 + 1.0 / (b + 1.0 / growth)))
        return scale * length / n, math.sqrt(scale * math.log(4.0 * states * actions * growth / delta) / (1.99 * n))
    if kind == BOXES:
        share = delta / (states * actions * (3.0 + 3.0 * states))
        length = scale * math.log(2.0 * math.sqrt(n + 1.0) / share)
        return 0.0, math.sqrt((1.0 + 1.0 / n) * length / (2.0 * n))
    return (
        math.sqrt(scale * 14.0 * states * math.log(2.0 * actions * steps / delta) / n),
        math.sqrt(scale * 7.0 * math.log(2.0 * states * actions * steps / delta) / (2.0 * n)),
    )


@borrowing
def _bound(design, sets, state, action, n):  # type: ignore[no-untyped-def]
    states, actions = sets.radius.shape
    kind, scale, delta = design.kind, design.radius_scale, design.delta
    for after in range(states):
        p = sets.centre[state, action, after]
        if kind == BERNSTEIN:
            length = scale * math.log(18.0 * states * actions * n / delta)
            width = 2.0 * math.sqrt(p * (1.0 - p) * length / n) + 6.0 * length / n
            sets.low[state, action, after], sets.high[state, action, after] = max(0.0, p - width), min(1.0, p + width)
        else:
            share = delta / (states * actions * (3.0 + 3.0 * states))
            sets.low[state, action, after] = furthest(p, n, share, scale, False)
            sets.high[state, action, after] = furthest(p, n, share, scale, True)


@borrowing
def _slack(transitions, n):  # type: ignore[no-untyped-def]
    """Returns the share of the values' span that UCRL3 allows unseen successors: 10 support / n^(2/3)."""
    support = 0.0
    for after in range(len(transitions)):
        support += transitions[after] > 0.0
    return SUPPORT * support / n ** (2.0 / 3.0)


@borrowing
def furthest(p, n, share, scale, upwards):  # type: ignore[no-untyped-def]
    """Returns the furthest q with |q - p| within UCRL3's bound at q, by halving; p itself always qualifies."""
    near, far = p, 1.0 if upwards else 0.0
    if abs(far - p) <= peeled(far, n, share, scale, upwards):
        return far
    for _ in range(BISECTIONS):
        middle = 0.5 * (near + far)
        if abs(middle - p) <= peeled(middle, n, share, scale, upwards):
            near = middle
        else:
            far = middle
    return near


@borrowing
def peeled(q, n, share, scale, upwards):  # type: ignore[no-untyped-def]
    """Returns UCRL3's bound on |q - estimate| after n samples of an event of probability q."""
    inner = max(math.log(PEELING * n) * math.log(PEELING * PEELING * n), 1.0)  # above 1 as soon as n is 3
    length = scale * PEELING / n * max(math.log(inner / (share * math.log(PEELING) ** 2)), 0.0)
    bernstein = math.sqrt(2.0 * q * (1.0 - q) * length) + length / 3.0
    if upwards and q >= 0.5:
        spread = q * (1.0 - q)
    elif abs(q - 0.5) < 1e-9:
        spread = 0.25  # the limit of the quotient below
    elif q <= 0.0 or q >= 1.0:
        spread = 0.0
    else:
        spread = (0.5 - q) / math.log(1.0 / q - 1.0)
    laplace = math.sqrt(2.0 * spread * (1.0 + 1.0 / n) * scale * math.log(2.0 * math.sqrt(n + 1.0) / share) / n)
    return min(bernstein, laplace)


@borrowing
def _sample(clock, counts, sets, state, action, visits):  # type: ignore[no-untyped-def]
    """Draws a model from the posterior: Dirichlet(1) transitions, Beta(1, 1) mean rewards; its sets are points."""
    states = sets.centre.shape[2]
    total = 0.0
    for after in range(states):
        drawn = gamma(clock, 1.0 + counts.transitions[state, action, after])
        sets.centre[state, action, after] = drawn
        total += drawn
    for after in range(states):
        sets.centre[state, action, after] /= total
    good = gamma(clock, 1.0 + counts.rewards[state, action])
    bad = gamma(clock, 1.0 + max(visits - counts.rewards[state, action], 0.0))
    sets.rewards[state, action] = good / (good + bad)
    sets.radius[state, action] = 0.0
