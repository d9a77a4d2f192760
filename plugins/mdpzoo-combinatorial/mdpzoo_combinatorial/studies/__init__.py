"""What this family adds to studies and reports: known values, and drawings of solutions."""
