"""detrlab.loop.resume: an interrupted training goes on from its file."""

import pytest
import torch

from autograder.tests.detrlab.small_detr import Interrupted, Settings, train
from detrlab import training
from detrlab.loop.resume import own_seed


def test_resumed_training_equals_uninterrupted_one(tmp_path, capsys):
    file = tmp_path / "training.safetensors"
    uninterrupted = train(Settings(9))
    with pytest.raises(Interrupted):
        train(Settings(9), file, stop=6)
    assert file.is_file()
    resumed = train(Settings(9), file)
    assert "Going on after step 4" in capsys.readouterr().out
    assert resumed.image_sums == uninterrupted.image_sums[4:]
    for name, value in uninterrupted.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name
    assert resumed.run.curves.to_data() == uninterrupted.run.curves.to_data()
    assert training.latest() is resumed.run
    assert not file.exists(), "a finished training leaves nothing to go on with"


def test_seed_of_ones_own_is_new_each_time_and_that_of_an_unfinished_training(tmp_path):
    file = tmp_path / "training.safetensors"
    assert len({own_seed(file) for _ in range(20)}) == 20
    file.write_bytes(b"something else")
    assert own_seed(file) != own_seed(file)
    with pytest.raises(Interrupted):
        train(Settings(9, seed=4711), file, stop=6)
    assert own_seed(file) == own_seed(str(file)) == 4711


def test_training_begins_anew_where_file_does_not_fit(tmp_path, capsys):
    file = tmp_path / "training.safetensors"
    with pytest.raises(Interrupted):
        train(Settings(9), file, stop=6)
    train(Settings(8), file)
    assert "other settings" in capsys.readouterr().out
    with pytest.raises(Interrupted):
        train(Settings(9, batch_size=2), file, stop=6)
    train(Settings(9), file)
    assert "other settings" in capsys.readouterr().out
    file.write_bytes(b"something else")
    train(Settings(3), file)
    assert "cannot be read" in capsys.readouterr().out
