"""States of the quotiented process in batches, and their features, for each problem."""
