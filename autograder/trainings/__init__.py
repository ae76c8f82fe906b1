"""The trainings that ship in data/runs, and the benchmark of the recipe."""
