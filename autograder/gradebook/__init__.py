"""Grade into nbgrader's database: the grading run, scoring, the writer, queries, preprocessors."""
