"""What mdpzoo-coding brings."""
