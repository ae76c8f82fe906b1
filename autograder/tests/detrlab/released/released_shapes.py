"""The shapes of the released DETR-R50, written down in the order of the reference implementation."""

BLOCKS = {1: (3, 64), 2: (4, 128), 3: (6, 256), 4: (3, 512)}  # of a ResNet-50: how many, how wide
Shapes = dict[str, list[int]]


def norm_shapes(name: str, width: int) -> Shapes:
    """Return the entries of a frozen batch norm."""
    return {f"{name}.{part}": [width] for part in ("weight", "bias", "running_mean", "running_var")}


def linear_shapes(name: str, rows: int, columns: int) -> Shapes:
    """Return the entries of a linear layer."""
    return {f"{name}.weight": [rows, columns], f"{name}.bias": [rows]}


def attention_shapes(name: str) -> Shapes:
    """Return the entries of a multi-head attention."""
    joint = {f"{name}.in_proj_weight": [768, 256], f"{name}.in_proj_bias": [768]}
    return joint | linear_shapes(f"{name}.out_proj", 256, 256)


def layer_shapes(name: str, attentions: list[str]) -> Shapes:
    """Return the entries of an encoder or decoder layer."""
    shapes: Shapes = {}
    for attention in attentions:
        shapes |= attention_shapes(f"{name}.{attention}")
    shapes |= linear_shapes(f"{name}.linear1", 2048, 256) | linear_shapes(f"{name}.linear2", 256, 2048)
    for number in range(len(attentions) + 1):
        shapes |= {f"{name}.norm{number + 1}.{part}": [256] for part in ("weight", "bias")}
    return shapes


def transformer_shapes() -> Shapes:
    """Return the entries of encoder and decoder."""
    shapes: Shapes = {}
    for number in range(6):
        shapes |= layer_shapes(f"transformer.encoder.layers.{number}", ["self_attn"])
    for number in range(6):
        shapes |= layer_shapes(f"transformer.decoder.layers.{number}", ["self_attn", "multihead_attn"])
    return shapes | {"transformer.decoder.norm.weight": [256], "transformer.decoder.norm.bias": [256]}


def body_shapes(body: str = "backbone.0.body") -> Shapes:
    """Return the entries of the ResNet-50."""
    shapes, in_channels = {f"{body}.conv1.weight": [64, 3, 7, 7]} | norm_shapes(f"{body}.bn1", 64), 64
    for stage, (count, width) in BLOCKS.items():
        for number in range(count):
            block = f"{body}.layer{stage}.{number}"
            sizes = ((width, in_channels, 1), (width, width, 3), (4 * width, width, 1))
            for place, (after, before, kernel) in enumerate(sizes, start=1):
                shapes |= {f"{block}.conv{place}.weight": [after, before, kernel, kernel]}
                shapes |= norm_shapes(f"{block}.bn{place}", after)
            if number == 0:
                shapes |= {f"{block}.downsample.0.weight": [4 * width, in_channels, 1, 1]}
                shapes |= norm_shapes(f"{block}.downsample.1", 4 * width)
            in_channels = 4 * width
    return shapes


def released_shapes() -> Shapes:
    """Return the 458 entries of the checkpoint."""
    shapes = transformer_shapes() | linear_shapes("class_embed", 92, 256)
    for number, rows in enumerate((256, 256, 4)):
        shapes |= linear_shapes(f"bbox_embed.layers.{number}", rows, 256)
    shapes |= {"query_embed.weight": [100, 256]}
    shapes |= {"input_proj.weight": [256, 2048, 1, 1], "input_proj.bias": [256]}
    return shapes | body_shapes()
