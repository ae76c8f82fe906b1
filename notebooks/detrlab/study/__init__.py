"""What the course reads from its notebooks: steps, states, minutes, hints, predictions and answers."""

from detrlab.study.predictions import replay
from detrlab.study.writing import count_words, written_answer

__all__ = ["count_words", "replay", "written_answer"]  # for the notebooks
