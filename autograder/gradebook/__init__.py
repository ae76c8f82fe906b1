"""nbgrader's database: the grading run, scoring, the one writer, queries, preprocessors, late days."""
