"""detrlab.released: reading the checkpoint from a file or a download."""

import hashlib
import urllib.error

import pytest
import torch
from torch import nn

from autograder.tests.detrlab.released.models import are_equal, build_r50
from detrlab import released
from detrlab.released import NotLoaded


def test_load_released_reads_file(checkpoint, detr_class, tmp_path):
    path = tmp_path / "detr.pth"
    torch.save({"model": checkpoint}, path)
    model = build_r50(detr_class)
    released.load_released(model, path)
    assert are_equal(released.from_ours(model.state_dict()), checkpoint)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "could not be read: .*detr.pth"),
        (b"<html>Not found</html>", "detr.pth is damaged"),
        (b"", "detr.pth is damaged"),
        ({"weights": 1}, 'no checkpoint of DETR: it has no entry "model"'),
        ([1, 2], 'no checkpoint of DETR: it has no entry "model"'),
    ],
)
def test_unreadable_file_is_explained_in_one_line(tmp_path, content, message):
    path = tmp_path / "detr.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(NotLoaded, match=message) as caught:
        released.read(path)
    assert caught.value.lines() == [f"✗ {caught.value}"]


def test_truncated_file_is_reported_as_damaged(tmp_path):
    path = tmp_path / "detr.pth"
    torch.save({"model": {"a": torch.zeros(1000)}}, path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(NotLoaded, match="damaged"):
        released.read(path)


def test_file_with_pickled_code_is_refused(tmp_path):
    path = tmp_path / "detr.pth"
    torch.save({"model": {}, "args": nn.Linear(1, 1)}, path)
    with pytest.raises(NotLoaded, match="damaged"):
        released.read(path)


def test_download_without_network_is_explained(monkeypatch):
    def fail(*args, **kwargs):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fail)
    with pytest.raises(NotLoaded, match=r"could not be downloaded from https://dl\.fbai.*no route"):
        released.read()


def serve(monkeypatch, folder, state):
    """Let the download come from a file, through PyTorch's own code, hash check included."""
    unnamed = folder / "source.pth"
    torch.save({"model": state}, unnamed)
    digest = hashlib.sha256(unnamed.read_bytes()).hexdigest()
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(folder / "hub"))
    source = folder / f"detr-r50-{digest[:8]}.pth"
    unnamed.rename(source)
    monkeypatch.setattr(released, "URL", source.as_uri())
    return source


def test_download_is_kept_for_later_calls(monkeypatch, tmp_path, capfd):
    source = serve(monkeypatch, tmp_path, {"a": torch.ones(3)})
    assert torch.equal(released.read()["a"], torch.ones(3))
    source.unlink()
    assert torch.equal(released.read()["a"], torch.ones(3))


def test_download_with_other_hash_is_reported_as_damaged(monkeypatch, tmp_path, capfd):
    source = serve(monkeypatch, tmp_path, {"a": torch.ones(3)})
    source.write_bytes(source.read_bytes() + b"x")
    with pytest.raises(NotLoaded, match="damaged"):
        released.read()
