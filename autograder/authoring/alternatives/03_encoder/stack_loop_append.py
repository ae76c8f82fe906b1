# exercise: encoder
class TransformerEncoder(nn.Module):
    """The list filled in a loop, indexed in another."""

    def __init__(self, n_layers=6, **layer_kwargs):
        super().__init__()
        self.layers = nn.ModuleList()
        for _ in range(n_layers):
            self.layers.append(TransformerEncoderLayer(**layer_kwargs))

    def forward(self, src, pos):
        memory = src
        for i in range(len(self.layers)):
            memory = self.layers[i](memory, pos)
        return memory
