"""Pictures: values over the belief simplex, beliefs along an episode, regret against the exact optimum."""
