# exercise: encoder
from copy import deepcopy
from functools import reduce


class TransformerEncoder(nn.Module):
    """Copies of one layer, as the reference implementation makes them, under another name."""

    def __init__(self, n_layers: int = 6, **layer_kwargs):
        super().__init__()
        first = TransformerEncoderLayer(**layer_kwargs)
        self.stack = nn.ModuleList([deepcopy(first) for _ in range(n_layers)])

    def forward(self, src, pos):
        return reduce(lambda tokens, layer: layer(tokens, pos), self.stack, src)
