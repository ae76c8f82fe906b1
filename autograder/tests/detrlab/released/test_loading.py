"""detrlab.released: the released numbers put into a learner's model."""

import pytest
import torch
from torch import nn

from autograder.tests.detrlab.released.models import are_equal, build_r50
from autograder.tests.detrlab.released.released_shapes import norm_shapes
from detrlab import released
from detrlab.released import NotLoaded


def test_put_into_fills_our_model(checkpoint, detr_class):
    model = build_r50(detr_class).train()
    released.put_into(model, checkpoint)
    assert not model.training
    assert are_equal(model.state_dict(), released.to_ours(checkpoint))
    assert are_equal(released.from_ours(model.state_dict()), checkpoint)


def test_put_into_fills_model_with_other_names_and_frozen_norms(checkpoint, detr_class):
    """Inside a part names may differ: an unnamed body, another list in the box head, a buffer."""
    from torchvision.models import resnet50
    from torchvision.ops import FrozenBatchNorm2d

    model = build_r50(detr_class)
    body = list(resnet50(norm_layer=FrozenBatchNorm2d).children())[:-2]
    model.backbone.body = nn.Sequential(*body)
    model.position_encoding.register_buffer("frequencies", torch.ones(64))
    model.heads.bbox_head = nn.ModuleList([m for m in model.heads.bbox_head if hasattr(m, "weight")])
    released.put_into(model, checkpoint)
    values = [value for name, value in checkpoint.items() if name.startswith("backbone.0.body.")]
    assert all(map(torch.equal, model.backbone.body.state_dict().values(), values))
    assert torch.equal(model.heads.bbox_head[2].bias, checkpoint["bbox_embed.layers.2.bias"])


def test_frozen_norm_equals_batch_norm_in_evaluation():
    from torchvision.ops import FrozenBatchNorm2d

    generator = torch.Generator().manual_seed(0)
    state = {name: torch.rand(5, generator=generator) for name in norm_shapes("n", 5)}
    state = {name.removeprefix("n."): value for name, value in state.items()}
    frozen, batch_norm = FrozenBatchNorm2d(5), nn.BatchNorm2d(5).eval()
    frozen.load_state_dict(state)
    batch_norm.load_state_dict(state | {"num_batches_tracked": torch.tensor(0)})
    maps = torch.randn(2, 5, 3, 4, generator=generator)
    torch.testing.assert_close(batch_norm(maps), frozen(maps))


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
def test_put_into_names_part_that_does_not_fit(checkpoint, detr_class, changes, part):
    with pytest.raises(NotLoaded, match=rf"^At `{part}`: .* Is your model DETR\(num_classes=91"):
        released.put_into(build_r50(detr_class, **changes), checkpoint)
