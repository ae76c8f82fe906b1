"""The folder of one course: paths, access, nbgrader opened on it, files, lock, seeds."""
