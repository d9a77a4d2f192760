"""The counts of all learners: adds a step, and drops the oldest step of a window."""

from mdpzoo.compiling import borrowing


@borrowing
def count(visits, fresh, transitions, rewards, squares, ring, clock, state, action, after, reward):  # type: ignore[no-untyped-def]
    """Adds a step with a reward in [0, 1]; if there is a window, drops the step that leaves it."""
    visits[state, action] += 1.0
    fresh[state, action] += 1.0
    transitions[state, action, after] += 1.0
    rewards[state, action] += reward
    squares[state, action] += reward * reward
    window = clock.window
    if window > 0:
        place = (clock.head + clock.filled) % window
        if clock.filled == window:
            oldest = ring[clock.head]
            visits[oldest.state, oldest.action] -= 1.0
            transitions[oldest.state, oldest.action, oldest.after] -= 1.0
            rewards[oldest.state, oldest.action] -= oldest.reward
            squares[oldest.state, oldest.action] -= oldest.reward * oldest.reward
            place = clock.head
            clock.head = (clock.head + 1) % window
        else:
            clock.filled += 1
        newest = ring[place]
        newest.state, newest.action, newest.after, newest.reward = state, action, after, reward
