"""One course's folder: where things are, nbgrader opened on it, whole files, one run at a time."""
