"""States of the quotiented process as networks and searches see them, for each problem."""
