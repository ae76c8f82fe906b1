"""detrlab.parallel: training in several processes, by torchrun on the CPU, with stand-ins."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook

from detrlab import parallel
from detrlab.checkpoint import load_detr, read_detr
from detrlab.standins.model import DETR
from detrlab.toy import ToyDetectionDataset
from detrlab.training import batch_order, initialise

# As a learner's step 9, but with steps in proportion to the gradients, so that a wrong factor shows and
# rounding does not. Each process writes down the images that it is given, and the threads that it still
# has when it ends (one of gloo's may abort it then).
STEP_9 = """
import atexit, hashlib, os, torch
from pathlib import Path

@atexit.register
def write_threads():
    names = sorted(file.read_text() for file in Path("/proc/self/task").glob("*/comm"))
    Path(f"threads-{os.environ['RANK']}.txt").write_text("".join(names))

def train_step(model, criterion, optimizer, images, targets, step):
    with open(f"images-{os.environ['RANK']}.txt", "a") as file:
        digests = [hashlib.sha256(image.numpy().tobytes()).hexdigest() for image in images]
        file.write(" ".join(digests) + "\\n")
    model.zero_grad()
    losses = criterion(model(images), targets)
    BACKWARD
    optimizer.step()
    return {name: float(part.detach()) for name, part in losses.items()}

def build_optimizer(model, lr=1e-4, lr_backbone=1e-5, weight_decay=1e-4):
    return torch.optim.SGD(model.parameters(), lr, momentum=0.9)
"""
STEPS, BATCH, IMAGES = 4, 4, 10


def train(folder: Path, processes: int, backward: str = 'losses["total"].backward()'):
    """Train in a folder that holds a notebook of step 9 alone, as a learner would."""
    folder.mkdir()
    cell = new_code_cell(STEP_9.replace("BACKWARD", backward))
    nbformat.write(new_notebook(cells=[cell]), folder / "09_training.ipynb")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += [f"--nproc-per-node={processes}", "-m", "detrlab.parallel", "--cpu", f"--steps={STEPS}"]
    command += [f"--batch-size={BATCH}", f"--images={IMAGES}", "--lr=0.05", "--save=here.safetensors"]
    environment = {name: value for name, value in os.environ.items() if name != "RANK"}
    environment["OMP_NUM_THREADS"] = "1"
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False, env=environment
    )


def digest(image: torch.Tensor) -> str:
    return hashlib.sha256(image.numpy().tobytes()).hexdigest()


def digests_by_step(folder: Path, processes: int) -> list[list[str]]:
    """Return the digests of the images of each step, of all processes together."""
    files = [(folder / f"images-{rank}.txt").read_text().splitlines() for rank in range(processes)]
    return [" ".join(lines).split() for lines in zip(*files, strict=True)]


@pytest.mark.slow
def test_two_processes_train_same_model_as_one(tmp_path):
    runs = {processes: train(tmp_path / str(processes), processes) for processes in (1, 2)}
    for processes, run in runs.items():
        assert run.returncode == 0, run.stderr
        lines = re.findall(
            r"^Process (\d) of (\d): (\d) images a step, weights (\w{8})$", run.stdout, re.M
        )
        ranks = [(str(rank), str(processes), str(BATCH // processes)) for rank in range(processes)]
        assert [line[:3] for line in lines] == ranks
        assert len({checksum for *_, checksum in lines}) == 1
        assert re.search(r"AP 0\.\d+ on the validation images\. Saved as here\.safetensors", run.stdout)
        assert run.stdout.count("08_detr: not written yet") == 1  # once, not by each process
        assert f"{STEPS}/{STEPS}" in run.stderr

    expected = [
        [digest(ToyDetectionDataset(IMAGES, seed=1)[number][0]) for number in batch]
        for batch in batch_order(IMAGES, BATCH, STEPS, seed=0)
    ]
    assert digests_by_step(tmp_path / "1", 1) == digests_by_step(tmp_path / "2", 2) == expected

    (arguments, _, of_one), (_, _, of_two) = (
        read_detr(tmp_path / name / "here.safetensors") for name in "12"
    )
    torch.manual_seed(0)
    initial = initialise(DETR(**arguments)).state_dict()
    trained, difference = (
        max((of_one[name] - others[name]).abs().max().item() for name in initial)
        for others in (initial, of_two)
    )
    assert trained > 1e-3 and difference < 1e-6
    if sys.platform == "linux":
        threads = "".join((tmp_path / "2" / f"threads-{rank}.txt").read_text() for rank in range(2))
        assert "python" in threads and "gloo" not in threads
    model = load_detr(DETR, tmp_path / "2" / "here.safetensors")
    assert model(torch.rand(1, 3, 128, 128))["pred_boxes"].shape == (1, 10, 4)


@pytest.mark.slow
def test_gradients_that_are_not_averaged_stop_training_after_one_step(tmp_path):
    """DistributedDataParallel averages in backward(); torch.autograd.grad goes past it."""
    by_hand = """
    gradients = torch.autograd.grad(losses["total"], list(model.parameters()))
    for parameter, parameter.grad in zip(model.parameters(), gradients):
        pass
    """
    run = train(tmp_path / "by_hand", 2, by_hand)
    assert run.returncode != 0
    assert "The ranks' weights differ: does train_step call backward()" in run.stderr
    assert len(digests_by_step(tmp_path / "by_hand", 2)) == 1
    assert not (tmp_path / "by_hand" / "here.safetensors").exists()


@pytest.fixture
def two_processes(monkeypatch):
    """Pretend that torchrun has started two processes, of which this is one."""
    for name, value in {"RANK": 0, "LOCAL_RANK": 0, "WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2}.items():
        monkeypatch.setenv(name, str(value))


def test_main_without_torchrun_explains_how_to_start(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with pytest.raises(
        SystemExit, match="torchrun starts this, in the folder with your notebooks: torchrun --"
    ):
        parallel.main([])


def test_main_refuses_batch_that_processes_cannot_share(two_processes):
    with pytest.raises(SystemExit, match="2 processes cannot share 7 images evenly: see --batch-size"):
        parallel.main(["--batch-size", "7"])


def test_main_refuses_more_processes_than_gpus(two_processes, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(SystemExit, match="a GPU of its own: start 1 or fewer, or add --cpu"):
        parallel.main([])


def test_main_refuses_numbers_below_one(two_processes, capsys):
    with pytest.raises(SystemExit):
        parallel.main(["--steps", "0"])
    assert "steps, batch size, images and queries are at least 1" in capsys.readouterr().err
