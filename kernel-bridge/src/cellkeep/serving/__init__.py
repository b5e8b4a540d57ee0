"""Models that were promoted, asked in Python: by a worker of an endpoint, by MLflow's pyfunc, and by the check of an export."""
