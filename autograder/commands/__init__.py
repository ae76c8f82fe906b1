"""The commands of `python -m autograder`, for instructors and for authors of the course."""
