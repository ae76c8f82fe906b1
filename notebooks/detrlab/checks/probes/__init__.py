"""The probes, one module for each step, and what they pass to the learner's code (given.py)."""
