"""The course read from its notebooks: steps, states, minutes, hints, predictions, answers compared."""
