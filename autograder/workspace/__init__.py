"""The folder of one course: paths, nbgrader opened on it, atomic files, the lock of a run."""
