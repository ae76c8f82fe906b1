"""Whether a trained model is its student's own: what its weights are like, and whether they decide."""
