"""What a training loop needs beside its step: the schedule, and a way to go on after an interruption."""
