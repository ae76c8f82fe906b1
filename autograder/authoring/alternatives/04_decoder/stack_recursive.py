# exercise: decoder
# Other names, layers as numbered attributes, and recursion for the loop.
class TransformerDecoder(nn.Module):
    def __init__(self, n_layers: int = 6, **layer_kwargs):
        super().__init__()
        self.n_layers = n_layers
        for number in range(n_layers):
            self.add_module(f"block{number}", TransformerDecoderLayer(**layer_kwargs))
        self.shared_norm = nn.LayerNorm({"d_model": 256, **layer_kwargs}["d_model"])

    def outputs_from(self, number, tgt, *rest):
        if number == self.n_layers:
            return []
        tgt = getattr(self, f"block{number}")(tgt, *rest)
        return [tgt, *self.outputs_from(number + 1, tgt, *rest)]

    def forward(self, tgt, memory, pos, query_pos):
        return [self.shared_norm(out) for out in self.outputs_from(0, tgt, memory, pos, query_pos)]
