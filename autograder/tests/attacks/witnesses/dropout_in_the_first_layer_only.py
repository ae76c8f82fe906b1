# Hands dropout on to its first layer; the others drop nothing.
# answers: encoder
# expected: 0
class TransformerEncoder(nn.Module):
    def __init__(self, n_layers=6, dropout=0.1, **layer_kwargs):
        super().__init__()
        self.layers = nn.ModuleList(
            TransformerEncoderLayer(dropout=0.0 if number else dropout, **layer_kwargs)
            for number in range(n_layers)
        )

    def forward(self, src, pos):
        for layer in self.layers:
            src = layer(src, pos)
        return src
