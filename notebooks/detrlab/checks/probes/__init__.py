"""One module of probes a step, and what they hand to the learner's code (given.py)."""
