# exercise: encoder
class TransformerEncoder(nn.Module):
    """Layers as numbered attributes; the output collected in a list."""

    def __init__(self, n_layers: int = 6, **layer_kwargs):
        super().__init__()
        self.depth = n_layers
        for number in range(n_layers):
            self.add_module(f"layer_{number}", TransformerEncoderLayer(**layer_kwargs))

    def forward(self, src, pos):
        outputs = [src]
        for number in range(self.depth):
            outputs.append(getattr(self, f"layer_{number}")(outputs[-1], pos))
        return outputs.pop()
