"""Attempts to escape from a sandbox, for the doctor: each function returns on success, raises on failure.

The files are run like a learner's cells, in a session of a real sandbox, and see what they see. What they
look for comes from the doctor. They import nothing from the course, nor each other.
"""
