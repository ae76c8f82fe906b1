"""The stand-ins: what takes the place of steps that are not written yet."""
