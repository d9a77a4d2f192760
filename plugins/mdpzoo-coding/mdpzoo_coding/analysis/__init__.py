"""What a policy can carry, and whether anybody notices."""
