"""What takes the place of steps that are not written yet."""
