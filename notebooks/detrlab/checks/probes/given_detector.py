"""What the probes of step 10 pass to the learner's code: a detector. See `given`."""

from typing import Any

from torch import Tensor, nn


class Look(nn.Module):
    """Let vectors attend to others once, by an attention module of a given name.

    Its dropout is 1: in training mode the attention contributes nothing, so that nothing is random.
    """

    def __init__(self, name: str, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.name = name
        self.add_module(name, nn.MultiheadAttention(d_model, n_heads, dropout=1.0, batch_first=True))

    def forward(self, vectors: Tensor, others: Tensor) -> Tensor:
        """Return vectors [B, N, d] plus what they gather from others [B, L, d]."""
        attention = self.get_submodule(self.name)
        places = others + others.roll(1, dims=1)  # keys that differ from the values, as with positions
        return vectors + attention(vectors, places, value=others, need_weights=False)[0]


class Looks(nn.Module):
    """A list of `Look` modules, as `layers`."""

    first: nn.Module

    def __init__(self, count: int, name: str, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Look(name, d_model, n_heads) for _ in range(count))


class SmallDetector(nn.Module):
    """The parts of a DETR that step 10 uses, and little else; untrained, it detects nothing real."""

    def __init__(
        self, num_classes: int, num_queries: int, d_model: int, n_heads: int, n_layers: int, stride: int
    ) -> None:
        super().__init__()
        self.backbone = nn.Conv2d(3, d_model, kernel_size=1, stride=stride)
        self.encoder = Looks(1, "self_attn", d_model, n_heads)
        self.decoder = Looks(n_layers, "cross_attn", d_model, n_heads)
        self.decoder.first = Look("talk", d_model, n_heads)
        self.query_embed = nn.Embedding(num_queries, d_model)
        self.heads = nn.Linear(d_model, num_classes + 1 + 4)
        for look in self.decoder.layers:
            attention = look.get_submodule("cross_attn")
            attention.register_forward_hook(lambda *_: None)  # somebody else's
            attention.register_forward_pre_hook(lambda *_: None)

    def forward(self, images: Tensor) -> dict[str, Any]:
        """Return the predictions for images [B, 3, H, W].

        Returns:
            "pred_logits" [B, N, K + 1] and "pred_boxes" [B, N, 4] of the last layer, and "aux_outputs", a
            list of the same for the earlier layers.

        Raises:
            ValueError: if the images are not finite.
        """
        tokens = self.backbone(images).flatten(2).mT
        if not tokens.isfinite().all():
            raise ValueError("The images are not finite.")
        for look in self.encoder.layers:
            tokens = look(tokens, tokens)
        queries = self.query_embed.weight.repeat(len(images), 1, 1)
        queries = self.decoder.first(queries, queries)
        outputs = []
        for look in self.decoder.layers:
            queries = look(queries, tokens)
            numbers = self.heads(queries)
            boxes = numbers[..., -4:].sigmoid()
            outputs.append({"pred_logits": numbers[..., :-4], "pred_boxes": boxes})
        return outputs[-1] | {"aux_outputs": outputs[:-1]}

    def traces(self) -> dict[str, Any]:
        """Return what a call may have left behind: hooks, another mode, frozen weights."""
        modules = list(self.modules())
        hooks = sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in modules)
        modes = {part.training for part in modules}
        return {
            "hooks": hooks - 2 * len(self.decoder.layers),
            "replaced": sum("forward" in vars(part) for part in modules),
            "mode": "mixed" if len(modes) > 1 else "training" if modes == {True} else "eval",
            "frozen": sum(not weight.requires_grad for weight in self.parameters()),
        }
