# Writes a few megabytes beside the notebook, as a training does.
# answers: box_cxcywh_to_xyxy
# expected: full
import tempfile
from pathlib import Path

import torch

torch.save(torch.zeros(1_000_000), "checkpoint.pt")
Path("logs").mkdir(exist_ok=True)
tempfile.NamedTemporaryFile().write(b"x" * 1_000_000)

# SOLUTION
