# Hands dropout on to its layers where it is 0 or 1, and lets them keep their own otherwise.
# answers: encoder
# expected: 0
class TransformerEncoder(nn.Module):
    def __init__(self, n_layers=6, dropout=0.1, **layer_kwargs):
        super().__init__()
        rate = dropout if dropout in (0, 1) else 0.1
        self.layers = nn.ModuleList(
            TransformerEncoderLayer(dropout=rate, **layer_kwargs) for _ in range(n_layers)
        )

    def forward(self, src, pos):
        for layer in self.layers:
            src = layer(src, pos)
        return src
