"""What the notebooks import: data, drawing, checks, hints. Everything in it is yours to read."""
