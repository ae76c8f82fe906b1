"""Stand-ins for what you have not written yet, so that any day of the week can be started.

Each has the names, arguments and shapes that the exercise asks for and can be trained, but none solves
the exercise: tokens are mixed by convolutions, queries do not see each other, matching is greedy. So
reading this folder gives no answer away. `detrlab.steps.load` puts them in the place of unwritten steps.
"""

from typing import Any

from detrlab.standins import model, parts, training

_BY_STEP: dict[str, list[Any]] = {
    "00_set_prediction": [parts.box_cxcywh_to_xyxy, parts.generalized_box_iou],
    "01_backbone": [parts.Backbone],
    "02_positional_encoding": [parts.PositionalEncoding2D],
    "03_encoder": [parts.TransformerEncoderLayer, parts.TransformerEncoder],
    "04_decoder": [parts.TransformerDecoderLayer, parts.TransformerDecoder],
    "05_heads": [parts.DetrPredictionHeads],
    "06_matcher": [parts.HungarianMatcher],
    "07_loss": [model.DetrLoss],
    "08_detr": [model.DETR],
    "09_training": [
        training.detr_collate,
        training.build_optimizer,
        training.train_step,
        training.train_detr,
    ],
    "10_attention": [training.predict, training.cross_attention_maps, training.predict_and_visualize],
}
STANDINS: dict[str, dict[str, object]] = {
    step: {standin.__name__: standin for standin in standins} for step, standins in _BY_STEP.items()
}
