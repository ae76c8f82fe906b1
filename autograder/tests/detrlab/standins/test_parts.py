"""Stand-ins keep the contract of DESIGN.md, section 4, and can be trained."""

import pytest
import torch
from torch import nn

from autograder.authoring.exercises import exercises_of
from autograder.authoring.sources import all_steps
from autograder.hidden.checking import check
from detrlab.backbones import tiny_backbone
from detrlab.checks.errors import CheckFailed
from detrlab.standins import training as standins
from detrlab.standins.registry import STANDINS
from detrlab.toy import ToyDetectionDataset

SMALL = {"d_model": 16, "n_heads": 2, "dim_ff": 24, "dropout": 0.0}


def standin(step, name):
    return STANDINS[step][name]


def small_detr(**changes):
    settings = {"num_queries": 5, "n_enc_layers": 1, "n_dec_layers": 3, "backbone_name": "tiny"}
    return standin("08_detr", "DETR")(**(SMALL | settings | changes))


def untrained(module):
    """Return the names of the parameters that no gradient reaches."""
    return [
        name for name, weight in module.named_parameters() if weight.grad is None or not weight.grad.any()
    ]


def test_there_is_a_stand_in_for_every_contract_name():
    assert {step: set(names) for step, names in STANDINS.items()} == {
        "00_set_prediction": {"box_cxcywh_to_xyxy", "generalized_box_iou"},
        "01_backbone": {"Backbone"},
        "02_positional_encoding": {"PositionalEncoding2D"},
        "03_encoder": {"TransformerEncoderLayer", "TransformerEncoder"},
        "04_decoder": {"TransformerDecoderLayer", "TransformerDecoder"},
        "05_heads": {"DetrPredictionHeads"},
        "06_matcher": {"HungarianMatcher"},
        "07_loss": {"DetrLoss"},
        "08_detr": {"DETR"},
        "09_training": {"detr_collate", "build_optimizer", "train_step", "train_detr"},
        "10_attention": {"predict", "cross_attention_maps", "predict_and_visualize"},
    }


def test_boxes():
    boxes = standin("00_set_prediction", "box_cxcywh_to_xyxy")(torch.tensor([[[0.5, 0.5, 1.0, 0.5]]]))
    assert boxes.tolist() == [[[0, 0.25, 1, 0.75]]]
    giou = standin("00_set_prediction", "generalized_box_iou")(boxes[0], torch.zeros(3, 4))
    assert giou.shape == (1, 3) and giou.isfinite().all()


@pytest.mark.parametrize("height, width", [(128, 128), (65, 33), (1, 200)])
def test_the_tiny_backbone_has_stride_16_for_any_size(height, width):
    body, channels = tiny_backbone()
    features = body(torch.rand(2, 3, height, width))
    assert features.shape == (2, channels, -(-height // 16), -(-width // 16))
    assert 200_000 < sum(weight.numel() for weight in body.parameters()) < 400_000


@pytest.mark.parametrize("name, stride", [("tiny", 16), ("resnet18", 32), ("resnet50", 32)])
def test_backbone(name, stride):
    backbone = standin("01_backbone", "Backbone")(d_model=12, name=name)
    features = backbone(torch.rand(2, 3, 97, 130))
    assert features.shape == (2, 12, -(-97 // stride), -(-130 // stride))
    features.square().sum().backward()
    assert not untrained(backbone)
    assert isinstance(backbone.body, nn.Module) and isinstance(backbone.projection, nn.Conv2d)


def test_positional_encoding():
    encode = standin("02_positional_encoding", "PositionalEncoding2D")(d_model=12)
    places = encode(torch.zeros(2, 7, 3, 5, dtype=torch.float64))
    assert places.shape == (2, 12, 3, 5) and places.dtype == torch.float64
    assert len(places[0].flatten(1).T.unique(dim=0)) == 15
    with pytest.raises(ValueError):
        standin("02_positional_encoding", "PositionalEncoding2D")(d_model=10)


def test_encoder_and_decoder():
    encoder = standin("03_encoder", "TransformerEncoder")(n_layers=2, **SMALL)
    decoder = standin("04_decoder", "TransformerDecoder")(n_layers=2, **SMALL)
    source, queries = torch.rand(3, 15, 16), torch.rand(3, 4, 16)
    memory = encoder(source, torch.rand(3, 15, 16))
    looks = decoder(torch.zeros(3, 4, 16), memory, torch.rand(3, 15, 16), queries)
    assert memory.shape == source.shape and len(encoder.layers) == 2
    assert isinstance(looks, list) and [look.shape for look in looks] == [queries.shape] * 2
    sum((look * torch.rand_like(look)).sum() for look in looks).backward()
    assert not untrained(encoder) and not untrained(decoder)


def test_cross_attention_weights_can_be_hooked():
    weights = []
    layer = standin("04_decoder", "TransformerDecoderLayer")(**SMALL)
    layer.cross_attn.register_forward_hook(lambda module, given, result: weights.append(result[1]))
    layer(torch.zeros(2, 4, 16), torch.rand(2, 15, 16), torch.rand(2, 15, 16), torch.rand(2, 4, 16))
    assert weights[0].shape == (2, 4, 15)
    assert torch.allclose(weights[0].sum(-1), torch.ones(2, 4))


def test_heads():
    heads = standin("05_heads", "DetrPredictionHeads")(d_model=16, num_classes=3)
    logits, boxes = heads(100 * torch.randn(2, 5, 7, 16))
    assert logits.shape == (2, 5, 7, 4) and boxes.shape == (2, 5, 7, 4)
    assert boxes.min() >= 0 and boxes.max() <= 1


def test_matcher_pairs_each_object_once():
    outputs = {"pred_logits": torch.randn(3, 6, 4), "pred_boxes": torch.rand(3, 6, 4)}
    targets = [{"labels": torch.arange(m) % 3, "boxes": torch.rand(m, 4)} for m in (0, 2, 6)]
    matcher = standin("06_matcher", "HungarianMatcher")()
    for (queries, things), target in zip(matcher(outputs, targets), targets, strict=True):
        assert queries.dtype == things.dtype == torch.int64
        assert sorted(things.tolist()) == list(range(len(target["labels"])))
        assert len(set(queries.tolist())) == len(queries)
    outputs["pred_boxes"][1, 0, 0] = torch.nan
    with pytest.raises(ValueError, match="Image 1"):
        matcher(outputs, targets)


@pytest.mark.parametrize("size", [(128, 128), (64, 112), (50, 33)])
def test_detr_and_its_loss_reach_every_parameter(size):
    torch.manual_seed(0)
    model = small_detr()
    outputs = model(torch.rand(2, 3, *size))
    assert outputs["pred_logits"].shape == (2, 5, 4) and outputs["pred_boxes"].shape == (2, 5, 4)
    assert [set(aux) for aux in outputs["aux_outputs"]] == [{"pred_logits", "pred_boxes"}] * 2
    loss = standin("07_loss", "DetrLoss")(3, standin("06_matcher", "HungarianMatcher")())
    targets = [{"labels": torch.tensor([1, 2]), "boxes": torch.rand(2, 4) / 2 + 0.2}] * 2
    losses = loss(outputs, targets)
    assert list(losses) == ["class", "bbox", "giou", "total"]
    losses["total"].backward()
    assert not untrained(model)
    nothing = [{"labels": torch.zeros(0, dtype=torch.int64), "boxes": torch.zeros(0, 4)}] * 2
    assert all(part.isfinite() for part in loss(model(torch.rand(2, 3, *size)), nothing).values())


def test_training_lowers_the_loss(monkeypatch):
    monkeypatch.setattr(standins, "ToyDetectionDataset", lambda *_, **__: ToyDetectionDataset(1))
    losses = []
    loss = standin("07_loss", "DetrLoss").forward

    def forward(self, outputs, targets):
        parts = loss(self, outputs, targets)
        losses.append(parts["total"].item())
        return parts

    monkeypatch.setattr(standins.DetrLoss, "forward", forward)
    train = standin("09_training", "train_detr")
    model = train(num_steps=30, batch_size=2, num_samples=1, lr=1e-3, num_queries=4, log_every=10)
    assert losses[-1] < 0.7 * losses[0]
    assert model.training and model.query_embed.num_embeddings == 4


def test_prediction_and_maps_leave_the_model_as_it_was():
    model = small_detr().train()
    image = torch.rand(3, 64, 112)
    found = standin("10_attention", "predict")(model, image, score_threshold=0.0)
    assert {name: tensor.shape for name, tensor in found.items()} == {
        "boxes": (5, 4),
        "classes": (5,),
        "scores": (5,),
        "query_indices": (5,),
    }
    assert len(standin("10_attention", "predict")(model, image, 1.1)["scores"]) == 0
    maps = standin("10_attention", "cross_attention_maps")(model, image)
    assert maps.shape == (3, 5, 4, 7) and not maps.requires_grad
    assert torch.allclose(maps.sum((-1, -2)), torch.ones(3, 5))
    assert standin("10_attention", "predict_and_visualize")(model, image, 0.0).axes
    assert all(part.training for part in model.modules())


def test_collate_and_optimizer():
    images, targets = standin("09_training", "detr_collate")(list(ToyDetectionDataset(3, size=64)))
    assert images.shape == (3, 3, 64, 64)
    assert all(set(target) == {"labels", "boxes"} for target in targets)
    model = small_detr()
    optimizer = standin("09_training", "build_optimizer")(model, lr=1e-3, lr_backbone=1e-4)
    held = [weight for group in optimizer.param_groups for weight in group["params"]]
    assert len(held) == len(set(held)) == len(list(model.parameters()))


NAMES = [(e.name, step, e.symbol) for step in all_steps() for e in exercises_of(step)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("exercise", "step", "symbol"), [name for name in NAMES if name[2] in STANDINS[name[1]]]
)
def test_no_stand_in_is_an_answer(exercise, step, symbol):
    with pytest.raises(CheckFailed):
        check(exercise, STANDINS[step][symbol], seed=3, isolated=True)
