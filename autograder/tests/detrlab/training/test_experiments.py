"""detrlab.experiments: what the experiments of step 11 change, and what they count."""

import torch
from torch import nn

from autograder.tests.detrlab.small_detr import make_target, small_detr, small_loss, valid_target
from detrlab.ap import detections
from detrlab.experiments import LastLayerOnly, count_duplicates, find_all, without_self_attention
from detrlab.toy import validation_set


def test_experiments_silence_self_attention_and_drop_auxiliary_losses():
    model = small_detr()
    for layer in model.decoder.layers:
        layer.self_attn = nn.MultiheadAttention(8, 2, batch_first=True)
    without_self_attention(model)
    tokens = torch.rand(1, 4, 8)
    attention = model.decoder.layers[0].self_attn
    assert not attention(tokens, tokens, value=tokens, need_weights=False)[0].any()
    images, targets = torch.rand(2, 3, 32, 32), [valid_target(), make_target([])]
    outputs = model(images)
    last_layer = {name: outputs[name] for name in ("pred_logits", "pred_boxes")}
    criterion = small_loss()
    total = LastLayerOnly(criterion)(outputs, targets)["total"]
    assert torch.equal(total, criterion(last_layer, targets)["total"])


def test_count_duplicates_counts_objects_duplicates_and_strays():
    target = make_target([[0.3, 0.3, 0.2, 0.2], [0.7, 0.7, 0.2, 0.2]])
    boxes = torch.tensor([[0.3, 0.3, 0.2, 0.2], [0.31, 0.3, 0.2, 0.2], [0.1, 0.9, 0.1, 0.1]])
    samples = [(torch.zeros(3, 8, 8), target), (torch.zeros(3, 8, 8), make_target([]))]
    counts = count_duplicates([{"boxes": boxes}, {"boxes": boxes[:0]}], samples)
    assert counts == {"objects": 2, "found": 1, "duplicates": 1, "strays": 1}


def test_find_all_leaves_out_no_object_and_low_scores():
    model, samples = small_detr(), validation_set()[:2]
    outputs = model.eval()(torch.stack([image for image, _ in samples]))
    all_detections = detections(
        {name: value.detach() for name, value in outputs.items() if name != "aux_outputs"}
    )
    for image, kept in enumerate(find_all(model, samples, score=0.0)):
        silent = outputs["pred_logits"][image].argmax(-1) == 3
        assert kept["queries"].tolist() == (~silent).nonzero().flatten().tolist()
        assert torch.equal(kept["boxes"], all_detections[image]["boxes"][kept["queries"]])
    assert all(len(kept["boxes"]) == 0 for kept in find_all(model, samples, score=1.1))
