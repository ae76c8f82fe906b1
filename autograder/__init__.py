"""The instructor's side of the course; a student never receives it."""
