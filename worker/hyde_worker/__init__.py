"""hyde's Python worker: trains adapters, samples answers and scores them, one job folder at a time."""

__version__ = "0.1.0"
