"""detrlab.standins.training: the stand-ins of steps 9 and 10, which train a model and look inside."""

import torch

from autograder.tests.detrlab.standins.standin import five_query_detr, standin
from detrlab.standins import training
from detrlab.toy import ToyDetectionDataset


def test_training_lowers_the_loss(monkeypatch):
    monkeypatch.setattr(training, "ToyDetectionDataset", lambda *_, **__: ToyDetectionDataset(1))
    totals = []
    loss = standin("07_loss", "DetrLoss").forward

    def forward(self, outputs, targets):
        parts = loss(self, outputs, targets)
        totals.append(parts["total"].item())
        return parts

    monkeypatch.setattr(training.DetrLoss, "forward", forward)
    train = standin("09_training", "train_detr")
    model = train(num_steps=30, batch_size=2, num_samples=1, lr=1e-3, num_queries=4, log_every=10)
    assert totals[-1] < 0.7 * totals[0]
    assert model.training and model.query_embed.num_embeddings == 4


def test_predictions_and_attention_maps_leave_model_in_training_mode():
    model = five_query_detr().train()
    image = torch.rand(3, 64, 112)
    predictions = standin("10_attention", "predict")(model, image, score_threshold=0.0)
    assert {name: tensor.shape for name, tensor in predictions.items()} == {
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


def test_collate_makes_batch_and_optimizer_holds_every_parameter_once():
    images, targets = standin("09_training", "detr_collate")(list(ToyDetectionDataset(3, size=64)))
    assert images.shape == (3, 3, 64, 64)
    assert all(set(target) == {"labels", "boxes"} for target in targets)
    model = five_query_detr()
    optimizer = standin("09_training", "build_optimizer")(model, lr=1e-3, lr_backbone=1e-4)
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    assert len(weights) == len(set(weights)) == len(list(model.parameters()))
