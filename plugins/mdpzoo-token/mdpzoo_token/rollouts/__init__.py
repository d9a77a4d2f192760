"""What a policy writes: batches of sequences, branching or not, and measurements of them."""
