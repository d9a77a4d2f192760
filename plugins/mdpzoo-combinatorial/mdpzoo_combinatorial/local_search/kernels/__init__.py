"""Common kernels of the compiled searches: distances, nearest neighbours and random integers."""
