"""The shells themselves: they keep state, clock and random stream of rules that have none."""
