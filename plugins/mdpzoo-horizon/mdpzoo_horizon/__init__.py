"""SQIRL, GORP and the effective horizon: deep reinforcement learning's successes, explained on exact models."""
