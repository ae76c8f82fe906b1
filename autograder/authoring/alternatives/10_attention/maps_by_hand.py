# exercise: cross_attention_maps
@torch.no_grad()
def cross_attention_maps(model, image, heads=False):
    """The weights computed by hand from what went into each attention; nothing is asked for."""
    seen = []
    hooks = [
        layer.cross_attn.register_forward_hook(
            lambda attention, args, kwargs, output: seen.append(by_hand(attention, args, kwargs)),
            with_kwargs=True,
        )
        for layer in model.decoder.layers
    ]
    mode = model.training
    try:
        model.eval()
        grid = model.backbone(image.unsqueeze(0))
        model(image.unsqueeze(0))
    finally:
        [hook.remove() for hook in hooks]
        model.train(mode)
    maps = torch.cat(seen)  # [layers, heads, N, L]
    maps = maps.reshape(*maps.shape[:-1], grid.size(2), grid.size(3))
    return maps if heads else maps.mean(dim=1)


def by_hand(attention, args, kwargs):
    """Project queries and keys, and take the softmax of their products, head by head."""
    query = kwargs["query"] if "query" in kwargs else args[0]
    key = kwargs["key"] if "key" in kwargs else args[1]
    w_q, w_k, _ = attention.in_proj_weight.chunk(3)
    b_q, b_k, _ = attention.in_proj_bias.chunk(3)
    q = (query @ w_q.T + b_q).unflatten(-1, (attention.num_heads, -1))
    k = (key @ w_k.T + b_k).unflatten(-1, (attention.num_heads, -1))
    scores = torch.einsum("bnhc,blhc->bhnl", q, k) / q.shape[-1] ** 0.5
    return scores.softmax(-1)
