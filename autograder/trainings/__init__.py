"""The training runs that ship in data/runs, and a benchmark of the training recipe."""
