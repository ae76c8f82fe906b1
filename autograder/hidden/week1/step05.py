"""Cases of notebook 05: one and five classes, widths of 8 and 6, one and three images.

A head cannot show which of its K + 1 columns means "no object". The loss (step 7) and the code that reads
predictions (step 10) depend on the convention.
"""

from collections.abc import Iterator

import torch

from autograder.hidden.cases import Reference, cases_of_reference, draw_weights, normal
from detrlab.checks.probing import Case

# d_model, classes, decoder layers, batch, queries
SIZES = ((8, 5, 2, 1, 5), (6, 1, 3, 3, 4))


@cases_of_reference
def heads(generator: torch.Generator, reference: Reference) -> Iterator[Case]:
    """Draw heads of two sizes, the first twice.

    Each has queries [B, N, d] and a stack of layers [n_layers, B, N, d].
    """
    for d_model, num_classes, layers, batch, queries in (*SIZES, SIZES[0]):
        config = {"d_model": d_model, "num_classes": num_classes}
        yield {
            "config": config,
            "weights": draw_weights(generator, reference("heads"), config),
            "hidden": normal(generator, batch, queries, d_model),
            "stack": normal(generator, layers, batch, queries, d_model),
        }
