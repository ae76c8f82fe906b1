# Looks for a git repository and asks it for the solution.
# answers: box_cxcywh_to_xyxy
# expected: 0
import pathlib
import subprocess

import detrlab

for folder in pathlib.Path(detrlab.__file__).parents:
    found = subprocess.run(
        ["git", "-C", str(folder), "show", "HEAD:solutions/week1/00_set_prediction.py"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    if found:
        start = found.index("def box_cxcywh_to_xyxy")
        exec("import torch\nfrom torch import Tensor\n" + found[start : found.index("# %%", start)])
