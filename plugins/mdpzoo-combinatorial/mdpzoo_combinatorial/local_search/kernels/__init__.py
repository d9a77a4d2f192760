"""What every compiled search needs: distances, near nodes and random integers."""
