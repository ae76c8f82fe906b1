"""Make the numbers that our solutions are compared with, from the DETR of the package `transformers`.

    python -m autograder.tests.reference.make_numbers

Needs `transformers`, with scipy and pillow, and nothing of this project. The tests do without it: they
read what this script has written into numbers/. Everything is computed on the CPU in float32, in
evaluation mode, with images of one size, so that nothing is padding. All weights are drawn, biases and
norms too: nothing stays zero or one. Two runs write the same bytes.

Weights and gradients are stored under the names of the paper's code, which `detrlab.released` translates
into ours. How that code and `transformers` differ stands in tiny_detr.py. Two things are not compared:
its matcher survives NaN, where ours raises an error, and its GIoU of two boxes without area is NaN, where
ours is a number.
"""

import math
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from torch import Tensor
from transformers import DetrForObjectDetection
from transformers.image_transforms import center_to_corners_format
from transformers.loss.loss_for_object_detection import generalized_box_iou
from transformers.models.detr.modeling_detr import DetrSinePositionEmbedding

from autograder.tests.reference.tiny_detr import (
    D_MODEL,
    DECODER_LAYERS,
    QUERIES,
    Tensors,
    all_losses,
    configuration,
    fainter,
    generator,
    in_the_papers_names,
    normal,
    normed_outputs,
    run_decoder,
    tiny_detr,
)
from autograder.tests.reference.training_numbers import drawn_objects, loss, matcher, random_sizes

NUMBERS = Path(__file__).parent / "numbers"
# Which epsilon a norm adds shows where its input hardly varies: here all weights and inputs are small.
FAINT = 0.1


def boxes() -> Tensors:
    """Convert boxes, and compare each of one set with each of the other."""
    source = generator(2)

    def drawn(count: int) -> Tensor:
        return torch.cat([torch.rand(count, 2, generator=source), random_sizes(count, source)], dim=1)

    special_a = [
        [0.5, 0.5, 0.2, 0.2],  # is in b too
        [0.1, 0.1, 0.1, 0.1],  # touches none of the small ones
        [0.5, 0.5, 0.1, 0.06],  # lies inside the first of b
        [0.3, 0.3, 0.02, 0.02],  # so small that an epsilon in a denominator shows
        [2.0, 1.5, 3.0, 2.0],  # is no part of an image of size 1
    ]
    special_b = [
        [0.5, 0.5, 0.2, 0.2],
        [0.9, 0.9, 0.1, 0.1],
        [0.5, 0.5, 0.96, 0.9],  # contains nearly all
        [0.305, 0.295, 0.02, 0.03],
        [2.5, 1.0, 2.0, 3.0],
        [0.7, 0.5, 0.2, 0.2],  # has an edge in common with the first of a
    ]
    numbers = {
        "a_cxcywh": torch.cat([torch.tensor(special_a), drawn(5)]),
        "b_cxcywh": torch.cat([torch.tensor(special_b), drawn(3)]),
    }
    for name in "ab":
        numbers[f"{name}_xyxy"] = center_to_corners_format(numbers[f"{name}_cxcywh"])
    numbers["giou"] = generalized_box_iou(numbers["a_xyxy"], numbers["b_xyxy"])
    return numbers


def positions() -> Tensors:
    """Compute encodings [2, d_model, H, W], each with (d_model, temperature, normalize, scale)."""
    usual = 2 * math.pi
    cases = {
        "usual": (5, 7, 16, 10000, True, usual),
        "wide": (2, 11, 12, 10000, True, usual),
        "one_cell": (1, 1, 16, 10000, True, usual),
        "not_normalised": (4, 3, 16, 10000, False, usual),
        "other_temperature": (6, 9, 8, 20, True, usual),
        "scale_1": (3, 4, 16, 10000, True, 1.0),
        "scale_100": (1, 3, 16, 10000, True, 100.0),  # here the epsilon in the normalisation shows
    }
    numbers = {}
    for case, (height, width, d_model, temperature, normalize, scale) in cases.items():
        # Without normalisation there is no scale: passing one is an error.
        embedding = DetrSinePositionEmbedding(
            d_model // 2, temperature, normalize, scale if normalize else None
        )
        shape = torch.Size([2, d_model, height, width])
        numbers[f"{case}/encoding"] = embedding(shape, torch.device("cpu"), torch.float32)
        settings = [d_model, temperature, normalize, scale]
        numbers[f"{case}/settings"] = torch.tensor(settings, dtype=torch.float64)
    return numbers


def layers(model: DetrForObjectDetection) -> Tensors:
    """Run single layers, the two stacks and the heads on random inputs."""
    source = generator(3)
    shapes = {"src": 15, "pos": 15, "memory": 15, "tgt": QUERIES, "query_pos": QUERIES}
    given = {name: normal(source, 2, length, D_MODEL) for name, length in shapes.items()}
    numbers = {f"in/{name}": tensor for name, tensor in given.items()}
    numbers["in/faint"] = torch.tensor(FAINT)
    src, pos, memory, tgt, query_pos = given.values()

    encoder, decoder = model.model.encoder, model.model.decoder
    layer, faint_layer = encoder.layers[0], fainter(encoder.layers[0], FAINT)
    numbers["encoder_layer/with_positions"] = layer(src, None, pos)
    numbers["encoder_layer/without_positions"] = layer(src, None)
    numbers["encoder_layer/faint"] = faint_layer(FAINT * src, None, FAINT * pos)
    numbers["encoder"] = encoder(src, spatial_position_embeddings=pos).last_hidden_state

    zeros, around = torch.zeros_like(tgt), (pos, query_pos, memory)
    faint_around = [FAINT * tensor for tensor in around]
    layer, faint_layer = decoder.layers[0], fainter(decoder.layers[0], FAINT)
    numbers["decoder_layer/with_positions"] = layer(tgt, None, *around)
    numbers["decoder_layer/without_positions"] = layer(tgt, None, None, None, memory)
    numbers["decoder_layer/zero_tgt"] = layer(zeros, None, *around)
    numbers["decoder_layer/faint"] = faint_layer(FAINT * tgt, None, *faint_around)
    numbers["decoder/with_positions"] = run_decoder(decoder, tgt, *around)
    numbers["decoder/zero_tgt"] = run_decoder(decoder, zeros, *around)
    numbers["decoder/faint"] = run_decoder(fainter(decoder, FAINT), FAINT * tgt, *faint_around)

    hidden = normal(source, DECODER_LAYERS, 2, QUERIES, D_MODEL)
    numbers["heads/hidden"] = hidden
    numbers["heads/logits"] = model.class_labels_classifier(hidden)
    numbers["heads/boxes"] = model.bbox_predictor(hidden).sigmoid()
    return numbers


def detr(model: DetrForObjectDetection) -> Tensors:
    """Run the whole model from pixels to the loss of all layers, and back to every parameter."""
    source = generator(6)
    images = normal(source, 3, 3, 24, 32)
    objects = drawn_objects(source, (3, 0, 2))
    with normed_outputs(model.model.decoder) as outputs:
        whole = model(images)
    hidden = torch.stack(outputs)
    logits, boxes = model.class_labels_classifier(hidden), model.bbox_predictor(hidden).sigmoid()
    torch.testing.assert_close(logits[-1], whole.logits, rtol=0, atol=1e-5)
    torch.testing.assert_close(boxes[-1], whole.pred_boxes, rtol=0, atol=1e-5)
    losses = all_losses(logits, boxes, objects, configuration(auxiliary_loss=True))
    losses["total"].backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    numbers = {"images": images, "logits": logits, "boxes": boxes, **objects, **losses}
    return numbers | {f"grad/{name}": value for name, value in in_the_papers_names(gradients).items()}


def write(name: str, tensors: Tensors) -> None:
    """Write one file; its metadata say what made it."""
    # One entry only: safetensors writes several in an order that changes from run to run.
    versions = f"transformers {transformers.__version__}, torch {torch.__version__}"
    contents = {key: tensor.detach().clone().contiguous() for key, tensor in tensors.items()}
    save_file(contents, NUMBERS / f"{name}.safetensors", metadata={"made with": versions})


def main() -> None:
    """Write all files."""
    torch.set_num_threads(1)  # a sum that several threads share may be rounded in another way
    NUMBERS.mkdir(exist_ok=True)
    model = tiny_detr()
    write("weights", in_the_papers_names(model.state_dict()))
    with torch.no_grad():
        write("boxes", boxes())
        write("positions", positions())
        write("layers", layers(model))
        write("matcher", matcher())
    write("loss", loss())
    write("detr", detr(model))


if __name__ == "__main__":
    main()
