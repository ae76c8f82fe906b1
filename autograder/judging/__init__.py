"""Reach verdicts: the judge, the trained model, one file or answer tried out, jobs, cache, workers."""
