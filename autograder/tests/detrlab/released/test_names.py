"""The released DETR-R50 fits our model: the name map, both ways, strictly, and what is said otherwise."""

import hashlib
import math
import urllib.error

import numpy as np
import pytest
import torch
from torch import nn

from autograder.authoring.sources import code_cells
from autograder.hidden.reference import define
from autograder.workspace.paths import ROOT
from detrlab import released
from detrlab.released import NotLoaded

torch.set_num_threads(1)
BLOCKS = {1: (3, 64), 2: (4, 128), 3: (6, 256), 4: (3, 512)}  # of a ResNet-50: how many, how wide
# What the reference implementation counts (frozen norms are no parameters), and of that what it trains.
PARAMETERS, TRAINED, NORM = 41_524_768, 41_302_368, 4 * 26_560


def norm(name, width):
    return {f"{name}.{part}": [width] for part in ("weight", "bias", "running_mean", "running_var")}


def linear(name, rows, columns):
    return {f"{name}.weight": [rows, columns], f"{name}.bias": [rows]}


def attention(name):
    joint = {f"{name}.in_proj_weight": [768, 256], f"{name}.in_proj_bias": [768]}
    return joint | linear(f"{name}.out_proj", 256, 256)


def layer(name, attentions):
    found = {}
    for attends in attentions:
        found |= attention(f"{name}.{attends}")
    found |= linear(f"{name}.linear1", 2048, 256) | linear(f"{name}.linear2", 256, 2048)
    for number in range(len(attentions) + 1):
        found |= {f"{name}.norm{number + 1}.{part}": [256] for part in ("weight", "bias")}
    return found


def their_shapes():
    """Write down the 458 entries in the order of the reference implementation."""
    found = {}
    for number in range(6):
        found |= layer(f"transformer.encoder.layers.{number}", ["self_attn"])
    for number in range(6):
        found |= layer(f"transformer.decoder.layers.{number}", ["self_attn", "multihead_attn"])
    found |= {"transformer.decoder.norm.weight": [256], "transformer.decoder.norm.bias": [256]}
    found |= linear("class_embed", 92, 256)
    for number, rows in enumerate((256, 256, 4)):
        found |= linear(f"bbox_embed.layers.{number}", rows, 256)
    found |= {"query_embed.weight": [100, 256]}
    found |= {"input_proj.weight": [256, 2048, 1, 1], "input_proj.bias": [256]}
    body, arriving = "backbone.0.body", 64
    found |= {f"{body}.conv1.weight": [64, 3, 7, 7]} | norm(f"{body}.bn1", 64)
    for stage, (count, width) in BLOCKS.items():
        for number in range(count):
            block = f"{body}.layer{stage}.{number}"
            sizes = ((width, arriving, 1), (width, width, 3), (4 * width, width, 1))
            for place, (after, before, kernel) in enumerate(sizes, start=1):
                found |= {f"{block}.conv{place}.weight": [after, before, kernel, kernel]}
                found |= norm(f"{block}.bn{place}", after)
            if number == 0:
                found |= {f"{block}.downsample.0.weight": [4 * width, arriving, 1, 1]}
                found |= norm(f"{block}.downsample.1", 4 * width)
            arriving = 4 * width
    return found


SHAPES = their_shapes()


@pytest.fixture(scope="module")
def checkpoint():
    """Make a state_dict of the checkpoint's names and shapes, every entry another number."""
    return {
        name: torch.full(shape, 0.5 + number / 1000)
        for number, (name, shape) in enumerate(SHAPES.items())
    }


@pytest.fixture(scope="module")
def detr_class():
    """Return our DETR on the solutions of the earlier steps, and not on stand-ins."""
    return define("detr", resolver=code_cells)


def r50(detr_class, **changes):
    return detr_class(**{"num_classes": 91, "num_queries": 100, "backbone_name": "resnet50"} | changes)


def same(mine, theirs):
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_the_checkpoint_has_458_entries():
    assert len(SHAPES) == 458
    assert released.shapes() == SHAPES
    assert sum(map(math.prod, SHAPES.values())) == PARAMETERS + NORM


def test_parameters_as_the_reference_counts_them(detr_class):
    model = r50(detr_class)
    scales_and_shifts = NORM // 2
    assert sum(p.numel() for p in model.parameters()) == PARAMETERS + scales_and_shifts
    frozen = [*model.backbone.body.conv1.parameters(), *model.backbone.body.layer1.parameters()]
    kernels = sum(p.numel() for p in frozen if p.dim() == 4)
    assert PARAMETERS - kernels == TRAINED


def test_names_go_both_ways_without_loss(checkpoint, detr_class):
    ours = released.to_ours(checkpoint)
    counters = [name for name in ours if name.endswith("num_batches_tracked")]
    assert len(counters) == 53 and len(ours) == 458 + 53
    assert all(ours[name].dtype == torch.int64 and ours[name] == 0 for name in counters)
    assert list(ours) == list(r50(detr_class).state_dict())
    assert same(released.from_ours(ours), checkpoint)
    for name in SHAPES:
        assert released.their_name(released.our_name(name)) == name
    name = "transformer.decoder.layers.0.multihead_attn.in_proj_weight"
    assert released.our_name(name) == "decoder.layers.0.cross_attn.in_proj_weight"


def test_it_fills_our_model(checkpoint, detr_class):
    model = r50(detr_class).train()
    released.put_into(model, checkpoint)
    assert not model.training
    assert same(model.state_dict(), released.to_ours(checkpoint))
    assert same(released.from_ours(model.state_dict()), checkpoint)


def test_it_fills_a_model_with_other_names_and_frozen_norms(checkpoint, detr_class):
    """Inside a part names may differ: an unnamed body, another list in the box head, a buffer."""
    from torchvision.models import resnet50
    from torchvision.ops import FrozenBatchNorm2d

    model = r50(detr_class)
    body = list(resnet50(norm_layer=FrozenBatchNorm2d).children())[:-2]
    model.backbone.body = nn.Sequential(*body)
    model.position_encoding.register_buffer("frequencies", torch.ones(64))
    model.heads.bbox_head = nn.ModuleList([m for m in model.heads.bbox_head if hasattr(m, "weight")])
    released.put_into(model, checkpoint)
    values = [value for name, value in checkpoint.items() if name.startswith("backbone.0.body.")]
    assert all(map(torch.equal, model.backbone.body.state_dict().values(), values))
    assert torch.equal(model.heads.bbox_head[2].bias, checkpoint["bbox_embed.layers.2.bias"])


def test_a_frozen_norm_equals_ours_in_evaluation():
    from torchvision.ops import FrozenBatchNorm2d

    generator = torch.Generator().manual_seed(0)
    state = {name: torch.rand(5, generator=generator) for name in norm("n", 5)}
    state = {name.removeprefix("n."): value for name, value in state.items()}
    frozen, live = FrozenBatchNorm2d(5), nn.BatchNorm2d(5).eval()
    frozen.load_state_dict(state)
    live.load_state_dict(state | {"num_batches_tracked": torch.tensor(0)})
    maps = torch.randn(2, 5, 3, 4, generator=generator)
    torch.testing.assert_close(live(maps), frozen(maps))


def without(state, name):
    return {key: value for key, value in state.items() if key != name}


def test_strict_on_the_way_to_ours(checkpoint):
    with pytest.raises(NotLoaded, match=r"query_embed\.weight missing"):
        released.to_ours(without(checkpoint, "query_embed.weight"))
    with pytest.raises(NotLoaded, match=r"mask_head\.lay1\.weight too many"):
        released.to_ours(checkpoint | {"mask_head.lay1.weight": torch.zeros(2)})
    with pytest.raises(NotLoaded, match=r"class_embed\.bias is \[251\]; in DETR-R50 it is \[92\]"):
        released.to_ours(checkpoint | {"class_embed.bias": torch.zeros(251)})
    with pytest.raises(NotLoaded, match="and 457 more missing"):
        released.to_ours({})


def test_strict_on_the_way_from_ours(checkpoint):
    ours = released.to_ours(checkpoint)
    with pytest.raises(NotLoaded, match=r"decoder\.norm\.bias missing"):
        released.from_ours(without(ours, "decoder.norm.bias"))
    with pytest.raises(NotLoaded, match=r"encoder\.norm\.bias too many"):
        released.from_ours(ours | {"encoder.norm.bias": torch.zeros(256)})
    with pytest.raises(NotLoaded, match=r"anchors is no name of a DETR"):
        released.from_ours(ours | {"anchors": torch.zeros(3)})
    with pytest.raises(NotLoaded, match=r"query_embed\.weight is \[10, 256\]"):
        released.from_ours(ours | {"query_embed.weight": torch.zeros(10, 256)})
    with pytest.raises(NotLoaded, match="is no name of the released"):
        released.our_name("mask_head.lay1.weight")


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"num_queries": 10}, "query_embed"),
        ({"num_classes": 3}, r"heads\.class_head"),
        ({"n_enc_layers": 3}, "encoder"),
        ({"n_dec_layers": 3}, "decoder"),
        ({"backbone_name": "tiny"}, r"backbone\.body"),
    ],
)
def test_a_model_that_does_not_fit_is_told_where(checkpoint, detr_class, changes, part):
    with pytest.raises(NotLoaded, match=rf"^At `{part}`: .* Is your model DETR\(num_classes=91"):
        released.put_into(r50(detr_class, **changes), checkpoint)


def test_a_file_is_read(checkpoint, detr_class, tmp_path):
    path = tmp_path / "detr.pth"
    torch.save({"model": checkpoint}, path)
    model = r50(detr_class)
    released.load_released(model, path)
    assert same(released.from_ours(model.state_dict()), checkpoint)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "could not be read: .*detr.pth"),
        (b"<html>Not found</html>", "detr.pth is damaged"),
        (b"", "detr.pth is damaged"),
        ({"weights": 1}, 'no checkpoint of DETR: it has no entry "model"'),
        ([1, 2], 'no checkpoint of DETR: it has no entry "model"'),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "detr.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(NotLoaded, match=sentence) as caught:
        released.read(path)
    assert caught.value.lines() == [f"✗ {caught.value}"]


def test_half_a_file_is_damaged(tmp_path):
    path = tmp_path / "detr.pth"
    torch.save({"model": {"a": torch.zeros(1000)}}, path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(NotLoaded, match="damaged"):
        released.read(path)


def test_a_file_with_code_in_it_is_not_run(tmp_path):
    path = tmp_path / "detr.pth"
    torch.save({"model": {}, "args": nn.Linear(1, 1)}, path)
    with pytest.raises(NotLoaded, match="damaged"):
        released.read(path)


def test_without_a_network_it_is_one_sentence(monkeypatch):
    def fail(*args, **kwargs):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fail)
    with pytest.raises(NotLoaded, match=r"could not be downloaded from https://dl\.fbai.*no route"):
        released.read()


def serve(monkeypatch, tmp_path, checkpoint):
    """Let the download come from a file, through PyTorch's own code, hash check included."""
    source = tmp_path / "source.pth"
    torch.save({"model": checkpoint}, source)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    named = tmp_path / f"detr-r50-{digest[:8]}.pth"
    source.rename(named)
    monkeypatch.setattr(released, "URL", named.as_uri())
    return named


def test_a_download_is_checked_and_kept(monkeypatch, tmp_path, capfd):
    source = serve(monkeypatch, tmp_path, {"a": torch.ones(3)})
    assert torch.equal(released.read()["a"], torch.ones(3))
    source.unlink()
    assert torch.equal(released.read()["a"], torch.ones(3))


def test_a_download_with_another_hash_is_damaged(monkeypatch, tmp_path, capfd):
    source = serve(monkeypatch, tmp_path, {"a": torch.ones(3)})
    source.write_bytes(source.read_bytes() + b"x")
    with pytest.raises(NotLoaded, match="damaged"):
        released.read()


def test_a_photo_is_read_at_the_size_of_the_paper(tmp_path):
    from PIL import Image

    for width, height, expected in ((320, 240, [3, 800, 1067]), (100, 400, [3, 1333, 333])):
        Image.fromarray(np.full((height, width, 3), 51, np.uint8)).save(tmp_path / "photo.png")
        photo = released.read_photo(tmp_path / "photo.png")
        assert list(photo.shape) == expected
        assert torch.allclose(photo, torch.tensor(0.2))


ORACLE = ROOT.parent / "shared" / "oracle" / "weights_tiny.npz"


@pytest.mark.skipif(not ORACLE.is_file(), reason="the oracle's numbers do not lie beside this checkout")
def test_a_state_dict_of_the_reference_goes_through_the_same_rule(detr_class):
    """A small one with a backbone of its own; tests/reference runs it, and compares what comes out."""
    with np.load(ORACLE) as file:
        theirs = {key.removeprefix("sd/"): torch.from_numpy(file[key]) for key in file.files}
    sizes = {"num_classes": 5, "num_queries": 7, "d_model": 32, "n_heads": 4, "dim_ff": 64}
    model = detr_class(**sizes, n_enc_layers=2, n_dec_layers=2, backbone_name="tiny")
    ours = {released.our_name(name): value for name, value in theirs.items()}
    assert {released.their_name(name) for name in ours} == set(theirs)
    inside = {name: value for name, value in ours.items() if not name.startswith("backbone.")}
    expected = {name: v for name, v in model.state_dict().items() if not name.startswith("backbone.")}
    assert {k: v.shape for k, v in inside.items()} == {k: v.shape for k, v in expected.items()}
    model.load_state_dict(inside, strict=False)
