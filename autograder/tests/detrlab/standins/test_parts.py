"""detrlab.standins.parts: boxes, backbone, encoder, decoder, heads and matcher keep the contract."""

import pytest
import torch
from torch import nn

from autograder.tests.detrlab.standins.standin import SMALL, parameters_without_gradient, standin


def test_box_functions_return_corners_and_finite_giou():
    boxes = standin("00_set_prediction", "box_cxcywh_to_xyxy")(torch.tensor([[[0.5, 0.5, 1.0, 0.5]]]))
    assert boxes.tolist() == [[[0, 0.25, 1, 0.75]]]
    giou = standin("00_set_prediction", "generalized_box_iou")(boxes[0], torch.zeros(3, 4))
    assert giou.shape == (1, 3) and giou.isfinite().all()


@pytest.mark.parametrize("name, stride", [("tiny", 16), ("resnet18", 32), ("resnet50", 32)])
def test_backbone_has_its_stride_and_trains_every_weight(name, stride):
    backbone = standin("01_backbone", "Backbone")(d_model=12, name=name)
    features = backbone(torch.rand(2, 3, 97, 130))
    assert features.shape == (2, 12, -(-97 // stride), -(-130 // stride))
    features.square().sum().backward()
    assert not parameters_without_gradient(backbone)
    assert isinstance(backbone.body, nn.Module) and isinstance(backbone.projection, nn.Conv2d)


def test_positional_encoding_tells_cells_apart_and_refuses_odd_sizes():
    encode = standin("02_positional_encoding", "PositionalEncoding2D")(d_model=12)
    encoding = encode(torch.zeros(2, 7, 3, 5, dtype=torch.float64))
    assert encoding.shape == (2, 12, 3, 5) and encoding.dtype == torch.float64
    assert len(encoding[0].flatten(1).T.unique(dim=0)) == 15
    with pytest.raises(ValueError):
        standin("02_positional_encoding", "PositionalEncoding2D")(d_model=10)


def test_encoder_and_decoder_have_layers_and_train_every_weight():
    encoder = standin("03_encoder", "TransformerEncoder")(n_layers=2, **SMALL)
    decoder = standin("04_decoder", "TransformerDecoder")(n_layers=2, **SMALL)
    source, queries = torch.rand(3, 15, 16), torch.rand(3, 4, 16)
    memory = encoder(source, torch.rand(3, 15, 16))
    outputs = decoder(torch.zeros(3, 4, 16), memory, torch.rand(3, 15, 16), queries)
    assert memory.shape == source.shape and len(encoder.layers) == 2
    assert isinstance(outputs, list) and [output.shape for output in outputs] == [queries.shape] * 2
    sum((output * torch.rand_like(output)).sum() for output in outputs).backward()
    assert not parameters_without_gradient(encoder) and not parameters_without_gradient(decoder)


def test_forward_hook_sees_cross_attention_weights():
    weights = []
    layer = standin("04_decoder", "TransformerDecoderLayer")(**SMALL)
    layer.cross_attn.register_forward_hook(lambda module, given, result: weights.append(result[1]))
    layer(torch.zeros(2, 4, 16), torch.rand(2, 15, 16), torch.rand(2, 15, 16), torch.rand(2, 4, 16))
    assert weights[0].shape == (2, 4, 15)
    assert torch.allclose(weights[0].sum(-1), torch.ones(2, 4))


def test_heads_return_logits_and_boxes_within_the_image():
    heads = standin("05_heads", "DetrPredictionHeads")(d_model=16, num_classes=3)
    logits, boxes = heads(100 * torch.randn(2, 5, 7, 16))
    assert logits.shape == (2, 5, 7, 4) and boxes.shape == (2, 5, 7, 4)
    assert boxes.min() >= 0 and boxes.max() <= 1


def test_matcher_pairs_each_object_once_and_names_image_with_nan():
    outputs = {"pred_logits": torch.randn(3, 6, 4), "pred_boxes": torch.rand(3, 6, 4)}
    targets = [{"labels": torch.arange(m) % 3, "boxes": torch.rand(m, 4)} for m in (0, 2, 6)]
    matcher = standin("06_matcher", "HungarianMatcher")()
    for (queries, objects), target in zip(matcher(outputs, targets), targets, strict=True):
        assert queries.dtype == objects.dtype == torch.int64
        assert sorted(objects.tolist()) == list(range(len(target["labels"])))
        assert len(set(queries.tolist())) == len(queries)
    outputs["pred_boxes"][1, 0, 0] = torch.nan
    with pytest.raises(ValueError, match="Image 1"):
        matcher(outputs, targets)
