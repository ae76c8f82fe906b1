"""What surrounds the training step: targets, AP, batches, resuming, checkpoints, experiments."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from detrlab import training
from detrlab.ap import average_precision, detections, evaluate, share_of_points
from detrlab.checkpoint import load_detr, save_detr
from detrlab.experiments import LastLayerOnly, count_duplicates, find_all, without_self_attention
from detrlab.figures.curves import Curves, watch
from detrlab.standins.registry import STANDINS
from detrlab.targets import validate
from detrlab.toy import (
    VALIDATION,
    VALIDATION_SEED,
    ToyDetectionDataset,
    make_synthetic_sample,
    validation_set,
)

DETR, DetrLoss = STANDINS["08_detr"]["DETR"], STANDINS["07_loss"]["DetrLoss"]
Matcher = STANDINS["06_matcher"]["HungarianMatcher"]
SMALL = {"num_classes": 3, "num_queries": 4, "d_model": 8, "n_heads": 2, "n_enc_layers": 1}
SMALL |= {"n_dec_layers": 2, "dim_ff": 8, "dropout": 0.0, "backbone_name": "tiny"}


def target(boxes, labels=None, dtype=torch.float32):
    boxes = torch.tensor(boxes, dtype=dtype).reshape(-1, 4)
    return {"boxes": boxes, "labels": torch.tensor(labels or [0] * len(boxes), dtype=torch.int64)}


GOOD = target([[0.5, 0.5, 0.2, 0.1]])


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (target([[64, 64, 20, 10]]), "Image 4, boxes: box 0 is (64, 64, 20, 10), with a number above 1"),
        (target([[0.5, 0.5, -0.1, 0.1]]), "with a width or height that is not above 0"),
        (target([[0.5, 0.5, 0.1, 0.0]]), "with a width or height that is not above 0"),
        (target([[-0.2, 0.5, 0.1, 0.1]]), "with its centre outside the image"),
        (target([[0.5, math.nan, 0.1, 0.1]]), "which is not finite"),
        (target([[0.5, 0.5, 0.1, 0.1]], [3]), "Image 4, labels: 3 is not in 0..2"),
        (target([[0.5, 0.5, 0.1, 0.1]], [-1]), "Image 4, labels: -1 is not in 0..2"),
        (target([[0.5, 0.5, 0.1, 0.1]], [1, 2]), "labels: there are 2, but 1 boxes"),
        (
            target([[0.5, 0.5, 0.1, 0.1]], dtype=torch.float64),
            "numbers are float64; they should be float32",
        ),
        (GOOD | {"labels": torch.tensor([0.0])}, "labels: the numbers are float32; they should be int64"),
        (GOOD | {"boxes": torch.zeros(4)}, "boxes: the shape is [4]; it should be [M, 4]"),
        (GOOD | {"labels": [0]}, "labels: it is a list; it should be a tensor"),
        ({"boxes": GOOD["boxes"]}, "labels: missing"),
        (GOOD["boxes"], "target: it is a Tensor; it should be a dict"),
    ],
)
def test_malformed_targets_are_named(bad, sentence):
    with pytest.raises(ValueError) as caught:
        validate([GOOD, bad], 3, first=3)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("Image 4, ")


def test_well_formed_targets_pass():
    validate([GOOD, target([]), target([[0, 1, 1, 1]], [2])], 3)
    validate([sample for _, sample in validation_set()], 3)


def test_the_validation_images_are_those_of_their_seed():
    with np.load(VALIDATION) as file:
        assert file["images"].shape == (200, 3, 128, 128)
    for index, (image, boxes) in enumerate(validation_set()):
        fresh, truth = make_synthetic_sample(VALIDATION_SEED, index)
        assert torch.equal(image, fresh)
        assert torch.equal(boxes["boxes"], truth["boxes"]) and torch.equal(
            boxes["labels"], truth["labels"]
        )


def test_ap_of_known_cases():
    targets = [target([[0.3, 0.3, 0.2, 0.2], [0.7, 0.7, 0.2, 0.2]], [0, 1]), target([])]

    def found(boxes, classes, scores):
        kept = target(boxes, classes)
        return {"boxes": kept["boxes"], "classes": kept["labels"], "scores": torch.tensor(scores)}

    nothing = found([], [], [])
    right = found([[0.3, 0.3, 0.2, 0.2], [0.7, 0.7, 0.2, 0.2]], [0, 1], [0.9, 0.8])
    assert average_precision([right, nothing], targets)["AP"] == pytest.approx(1)
    swapped = right | {"classes": right["classes"].flip(0)}
    assert average_precision([swapped, nothing], targets)["AP"] == pytest.approx(0)
    # IoU = (0.2 - 0.04) / (0.2 + 0.04) = 2/3: right at 0.50, 0.55, 0.60 and 0.65, wrong at the other six.
    shifted = found([[0.34, 0.3, 0.2, 0.2], [0.74, 0.7, 0.2, 0.2]], [0, 1], [0.9, 0.8])
    scores = average_precision([shifted, nothing], targets)
    assert scores["AP50"] == pytest.approx(1) and scores["AP"] == pytest.approx(0.4)
    assert average_precision([nothing, nothing], targets)["AP"] == 0
    with pytest.raises(ValueError, match="Image 0: a detection is not finite"):
        average_precision([found([[0.3, 0.3, math.nan, 0.2]], [0], [0.9]), nothing], targets)


def test_points_follow_ap():
    assert [share_of_points(ap) for ap in (-1.0, 0.0, 0.3, 0.6, 0.9)] == [0, 0, 0.5, 1, 1]


class Quitter(Exception):
    pass


def train(num_steps, checkpoint=None, stop=None, log_every=2, seed=0, batch_size=4):
    """Train a stand-in with a real optimizer; leave at step `stop`, as an interrupt would."""
    torch.manual_seed(seed)
    model = DETR(**SMALL)
    criterion = DetrLoss(3, Matcher())
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    run = training.TrainingRun(
        model, criterion, optimizer, num_steps, log_every, seed, checkpoint, validation_set()[:4]
    )
    dataset = ToyDetectionDataset(10, seed=1, size=32)
    seen = []
    for step, images, targets in run.batches(
        dataset, batch_size, STANDINS["09_training"]["detr_collate"]
    ):
        seen.append(images.sum().item())
        if step == stop:
            raise Quitter
        losses = criterion(model(images), targets)
        optimizer.zero_grad()
        losses["total"].backward()
        optimizer.step()
        run.log({name: part.item() for name, part in losses.items()})
    return model, run, seen


def test_an_interrupted_training_goes_on_as_if_nothing_had_been(tmp_path, capsys):
    file = tmp_path / "training.safetensors"
    whole, run, seen = train(9)
    with pytest.raises(Quitter):
        train(9, file, stop=6)
    assert file.is_file()
    resumed, again, rest = train(9, file)
    assert "Going on after step 4" in capsys.readouterr().out
    assert rest == seen[4:]
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    assert again.curves.to_data() == run.curves.to_data()
    assert training.latest() is again
    assert not file.exists(), "a finished training leaves nothing to go on with"


def test_a_checkpoint_that_does_not_fit_is_left_alone(tmp_path, capsys):
    file = tmp_path / "training.safetensors"
    with pytest.raises(Quitter):
        train(9, file, stop=6)
    train(8, file)
    assert "other settings" in capsys.readouterr().out
    with pytest.raises(Quitter):
        train(9, file, stop=6, batch_size=2)
    train(9, file)
    assert "other settings" in capsys.readouterr().out
    file.write_bytes(b"something else")
    train(3, file)
    assert "cannot be read" in capsys.readouterr().out


def test_the_same_seed_trains_the_same_model():
    first, second, other = (train(3, log_every=0, seed=seed)[0].state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["query_embed.weight"], other["query_embed.weight"])


def test_every_epoch_sees_every_sample_once():
    order = training.batch_order(10, 4, 5, seed=0)
    assert [len(batch) for batch in order] == [4] * 5
    flat = [index for batch in order for index in batch]
    assert sorted(flat[:10]) == sorted(flat[10:]) == list(range(10))
    assert flat[:10] != flat[10:]
    assert order == training.batch_order(10, 4, 5, seed=0) != training.batch_order(10, 4, 5, seed=1)


def test_the_learning_rate_goes_up_and_down():
    factors = [training.learning_rate_factor(step, 1000) for step in range(1, 1001)]
    assert factors[0] == pytest.approx(1 / training.WARM_UP)
    peak = factors.index(max(factors)) + 1
    assert peak == training.WARM_UP and factors[peak - 1] > 0.95
    assert factors == [*sorted(factors[:peak]), *sorted(factors[peak:], reverse=True)]
    assert 0 < factors[-1] < 1e-4


def test_malformed_targets_stop_a_training():
    dataset = [(torch.zeros(3, 32, 32), target([[16.0, 16.0, 4.0, 4.0]]))]
    model = DETR(**SMALL)
    run = training.TrainingRun(model, DetrLoss(3, Matcher()), torch.optim.SGD(model.parameters()), 1, 0)
    with pytest.raises(ValueError, match=r"Image 0, boxes: .* divide pixels"):
        next(run.batches(dataset, 1, STANDINS["09_training"]["detr_collate"]))


def test_what_to_watch():
    model = DETR(**SMALL)
    samples = validation_set()[:3]
    watched = watch(model, Matcher(), samples, torch.device("cpu"))
    assert set(watched) == {"matched_no_object", "unmatched_no_object", "largest_class", "silent"}
    assert all(0 <= value <= 1 for value in watched.values())
    assert model.training
    with torch.no_grad():
        model.heads.class_head[1].bias[-1] = 50
    watched = watch(model, Matcher(), samples, torch.device("cpu"))
    assert watched["silent"] == 1 and watched["matched_no_object"] > 0.99


def test_curves_say_in_words_what_they_draw():
    curves = Curves()
    curves.losses = [{"step": 5, "class": 1.0, "bbox": 0.5, "giou": 0.25, "total": 9.0}]
    assert "class 1.000, bbox 0.500, giou 0.250" in curves.words()
    curves.draw(10)
    model = DETR(**SMALL)
    run = training.TrainingRun(model, DetrLoss(3, Matcher()), torch.optim.SGD(model.parameters()), 10)
    run.validation, run.step, run.curves = validation_set()[:2], 5, curves
    run.measure(last=True)
    assert "At step 5: AP 0.00" in curves.words()
    curves.draw(10)
    fresh = Curves()
    fresh.from_data(curves.to_data())
    assert fresh.words() == curves.words()


def test_a_model_comes_back_from_its_file(tmp_path):
    model, path = DETR(**SMALL).eval(), tmp_path / "model.safetensors"
    save_detr(model, path, **SMALL)
    images = torch.rand(2, 3, 40, 56)
    again = load_detr(DETR, path)
    assert not again.training
    assert torch.equal(model(images)["pred_boxes"], again(images)["pred_boxes"])
    assert evaluate(again, validation_set()[:2])["AP"] == evaluate(model, validation_set()[:2])["AP"]


def written(path, change):
    model = DETR(**SMALL)
    change(model)
    save_detr(model, path, **SMALL)


def test_files_that_are_no_model_are_explained(tmp_path):
    path = tmp_path / "model.safetensors"

    def sentence(detr_class=DETR):
        with pytest.raises(ValueError) as caught:
            load_detr(detr_class, path)
        return str(caught.value)

    assert "There is no model.safetensors" in sentence()
    torch.save(DETR(**SMALL).state_dict(), path)
    assert "not a complete safetensors file" in sentence()
    written(path, lambda model: None)
    path.write_bytes(path.read_bytes()[:-100])
    assert "not a complete safetensors file" in sentence()
    path.write_bytes(b"")
    assert "not a complete safetensors file" in sentence()
    written(path, lambda model: nn.init.constant_(model.query_embed.weight, math.nan))
    assert "not finite, in query_embed.weight" in sentence()
    save_detr(nn.Linear(2, 2), path)
    assert "does not fit your model" in sentence()
    save_detr(DETR(**SMALL), path, d_model=10**9)
    assert "does not say which DETR it holds" in sentence()
    save_detr(DETR(**SMALL), path, **SMALL | {"num_queries": 5})
    assert "does not fit your model: `query_embed` has the wrong size" in sentence()


def test_experiments_change_what_they_say():
    model = STANDINS["08_detr"]["DETR"](**SMALL)
    for layer in model.decoder.layers:
        layer.self_attn = nn.MultiheadAttention(8, 2, batch_first=True)
    without_self_attention(model)
    tokens = torch.rand(1, 4, 8)
    assert (
        not model.decoder.layers[0].self_attn(tokens, tokens, value=tokens, need_weights=False)[0].any()
    )
    images, targets = torch.rand(2, 3, 32, 32), [GOOD, target([])]
    outputs = model(images)
    alone = {name: outputs[name] for name in ("pred_logits", "pred_boxes")}
    criterion = DetrLoss(3, Matcher())
    assert torch.equal(
        LastLayerOnly(criterion)(outputs, targets)["total"], criterion(alone, targets)["total"]
    )


def test_duplicates_are_counted():
    truth = target([[0.3, 0.3, 0.2, 0.2], [0.7, 0.7, 0.2, 0.2]])
    boxes = torch.tensor([[0.3, 0.3, 0.2, 0.2], [0.31, 0.3, 0.2, 0.2], [0.1, 0.9, 0.1, 0.1]])
    samples = [(torch.zeros(3, 8, 8), truth), (torch.zeros(3, 8, 8), target([]))]
    counts = count_duplicates([{"boxes": boxes}, {"boxes": boxes[:0]}], samples)
    assert counts == {"objects": 2, "found": 1, "duplicates": 1, "strays": 1}


def test_find_all_leaves_out_no_object_and_low_scores():
    model, samples = DETR(**SMALL), validation_set()[:2]
    outputs = model.eval()(torch.stack([image for image, _ in samples]))
    everything = detections(
        {name: value.detach() for name, value in outputs.items() if name != "aux_outputs"}
    )
    found = find_all(model, samples, score=0.0)
    for image, kept in enumerate(found):
        silent = outputs["pred_logits"][image].argmax(-1) == 3
        assert kept["queries"].tolist() == (~silent).nonzero().flatten().tolist()
        assert torch.equal(kept["boxes"], everything[image]["boxes"][kept["queries"]])
    assert all(len(kept["boxes"]) == 0 for kept in find_all(model, samples, score=1.1))


def test_positions_go_with_the_model_into_its_file(tmp_path):
    path = tmp_path / "model.safetensors"
    model = training.initialise(DETR(**SMALL)).eval()
    features = torch.zeros(1, 8, 3, 4)
    assert not torch.equal(model.position_encoding(features), DETR(**SMALL).position_encoding(features))
    save_detr(model, path, **SMALL)
    again = load_detr(DETR, path)
    assert torch.equal(model.position_encoding(features), again.position_encoding(features))
    model.position_settings = {"temperature": "hot"}
    save_detr(model, path, **SMALL)
    with pytest.raises(ValueError, match="does not say which DETR it holds"):
        load_detr(DETR, path)
