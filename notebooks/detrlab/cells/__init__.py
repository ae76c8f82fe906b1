"""The code cells of one step: what they are for, IPython's syntax in them, and which statements run."""
