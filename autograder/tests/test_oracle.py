"""Our solutions agree with numbers from the DETR reference implementation, where these are at hand."""

from pathlib import Path

import numpy as np
import pytest
import torch

from autograder import build, hidden

ORACLE = Path(build.ROOT).parent / "shared" / "oracle"
if not ORACLE.is_dir():
    pytest.skip("the oracle's numbers do not lie beside this checkout", allow_module_level=True)

ATOL = 1e-5


def arrays(name: str) -> dict[str, torch.Tensor]:
    with np.load(ORACLE / f"{name}.npz") as file:
        return {key: torch.from_numpy(file[key]) for key in file.files}


def weights(prefix: str, rename: tuple[tuple[str, str], ...] = ()) -> dict[str, torch.Tensor]:
    found = {}
    for key, value in arrays("weights_tiny").items():
        name = key.removeprefix("sd/")
        if name.startswith(prefix):
            name = name.removeprefix(prefix)
            for old, new in rename:
                name = name.replace(old, new)
            found[name] = value
    return found


def close(mine: torch.Tensor, theirs: torch.Tensor) -> None:
    torch.testing.assert_close(mine, theirs, rtol=0, atol=ATOL)


CROSS = (("multihead_attn", "cross_attn"),)
SIZE = {"d_model": 32, "n_heads": 4, "dim_ff": 64}
LAYERS = arrays("layers") if ORACLE.is_dir() else {}


def batch_first(name: str) -> torch.Tensor:
    return LAYERS[name].transpose(0, 1)


def built(exercise: str, prefix: str, **config) -> torch.nn.Module:
    module = hidden.reference(exercise)(**config).eval()
    module.load_state_dict(weights(prefix, CROSS))
    return module


def test_boxes():
    oracle = arrays("boxes")
    to_xyxy, giou = hidden.reference("box_cxcywh_to_xyxy"), hidden.reference("generalized_box_iou")
    for name in "ab":
        close(to_xyxy(oracle[f"{name}_cxcywh"]), oracle[f"{name}_xyxy"])
    close(giou(oracle["a_xyxy"], oracle["b_xyxy"]), oracle["giou"])


@pytest.mark.parametrize(
    "case", ["plain_5x7", "one_by_one", "unnormalized", "temp20_npf8", "scale1", "npf4"]
)
def test_positional_encoding(case):
    oracle = arrays("pe")
    mask, expected = oracle[f"{case}/mask"], oracle[f"{case}/pos"]
    features, temperature, normalize, scale = oracle[f"{case}/cfg"].tolist()
    unmasked = ~mask.flatten(1).any(1)
    assert unmasked.any(), "this case has padding in every image"
    encoding = hidden.reference("positional_encoding")(
        d_model=2 * int(features), temperature=temperature, normalize=bool(normalize), scale=scale
    )
    height, width = mask.shape[1:]
    mine = encoding(torch.zeros(int(unmasked.sum()), 3, height, width))
    close(mine, expected[unmasked])


def test_encoder_layer():
    layer = built("encoder_layer", "transformer.encoder.layers.0.", **SIZE)
    src = batch_first("in/src")
    with torch.no_grad():
        close(layer(src, torch.zeros_like(src)), batch_first("enc_post/out_nomask_nopos"))


def test_transformer_layers_where_nothing_is_padded():
    """The masked cases bind where an image has no padding: its rows do not depend on the mask."""
    mask = LAYERS["in/mask"]
    whole = ~mask.any(1)
    assert whole.any(), "every image of the oracle's batch is padded"
    src, pos = batch_first("in/src")[whole], batch_first("in/pos")[whole]
    tgt, query_pos = batch_first("in/tgt")[whole], batch_first("in/query_pos")[whole]
    encoder_layer = built("encoder_layer", "transformer.encoder.layers.0.", **SIZE)
    decoder_layer = built("decoder_layer", "transformer.decoder.layers.0.", **SIZE)
    with torch.no_grad():
        close(encoder_layer(src, pos), batch_first("enc_post/out")[whole])
        memory = batch_first("in/src")[whole]
        close(decoder_layer(tgt, memory, pos, query_pos), batch_first("dec_post/out")[whole])
        zeros = torch.zeros_like(tgt)
        expected = batch_first("dec_post/out_zero_tgt")[whole]
        close(decoder_layer(zeros, memory, pos, query_pos), expected)


def test_whole_transformer():
    whole = ~LAYERS["tr/mask"].flatten(1).any(1)
    assert whole.any(), "every image of the oracle's batch is padded"
    src, pos = (LAYERS[f"tr/{name}"][whole].flatten(2).transpose(1, 2) for name in ("src", "pos"))
    queries = LAYERS["tr/query_embed"].expand(len(src), -1, -1)
    encoder = built("encoder", "transformer.encoder.", n_layers=2, **SIZE)
    decoder = built("decoder", "transformer.decoder.", n_layers=2, **SIZE)
    with torch.no_grad():
        memory = encoder(src, pos)
        close(memory, LAYERS["tr_post/memory"][whole].flatten(2).transpose(1, 2))
        outputs = decoder(torch.zeros_like(queries), memory, pos, queries)
    close(torch.stack(outputs), LAYERS["tr_post/hs"][:, whole])


def test_heads():
    heads = hidden.reference("heads")(d_model=32, num_classes=5).eval()
    heads.class_head.load_state_dict(weights("class_embed."))
    boxes = [module for module in heads.bbox_head.modules() if isinstance(module, torch.nn.Linear)]
    for i, linear in enumerate(boxes):
        linear.load_state_dict(weights(f"bbox_embed.layers.{i}."))
    logits, predicted = heads(LAYERS["tr_post/hs"])
    close(logits, LAYERS["heads/logits"])
    close(predicted, LAYERS["heads/boxes"])
