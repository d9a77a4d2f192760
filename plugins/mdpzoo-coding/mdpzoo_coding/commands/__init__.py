"""Commands: send and receive."""
