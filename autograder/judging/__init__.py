"""Reach verdicts: the judge, the trained model, jobs, the cache, workers."""
