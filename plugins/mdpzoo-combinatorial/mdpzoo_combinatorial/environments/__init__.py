"""Five problems as Markov decision processes: rules written once, played in two forms, dense and compiled."""
