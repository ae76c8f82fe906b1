"""Verdicts: the judge, the trained model, jobs, the cache by content, workers."""
