# exercise: cross_attention_maps
from unittest import mock


def cross_attention_maps(model: nn.Module, image: Tensor, heads: bool = False) -> Tensor:
    """No hooks: forward of each attention is replaced for the time of one pass."""
    batch, maps, size = image[None], [], []

    def spy(forward):
        def asked(*args, **kwargs):
            kwargs.update(need_weights=True, average_attn_weights=False)
            result = forward(*args, **kwargs)
            maps.append(result[1].squeeze(0))
            return result

        return asked

    def measure(backbone, inputs, features):
        size.extend(features.shape[-2:])

    was = model.training
    handle = model.backbone.register_forward_hook(measure)
    patches = [
        mock.patch.object(x.cross_attn, "forward", spy(x.cross_attn.forward))
        for x in model.decoder.layers
    ]
    try:
        for patch in patches:
            patch.start()
        with torch.no_grad():
            model.eval()(batch)
    finally:
        mock.patch.stopall()
        handle.remove()
        model.train(was)
        for layer in model.decoder.layers:
            vars(layer.cross_attn).pop("forward", None)
    stacked = torch.stack(maps)
    stacked = stacked if heads else stacked.mean(dim=1)
    return stacked.view(*stacked.shape[:-1], *size)
