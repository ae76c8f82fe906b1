# exercise: decoder
# Every output written into one tensor, normed all at once at the end, handed back as a list.
class TransformerDecoder(nn.Module):
    def __init__(self, n_layers=6, **layer_kwargs):
        super().__init__()
        self.layers = nn.ModuleList()
        for _ in range(n_layers):
            self.layers.append(TransformerDecoderLayer(**layer_kwargs))
        self.norm = nn.LayerNorm(layer_kwargs["d_model"] if "d_model" in layer_kwargs else 256)

    def forward(self, tgt, memory, pos, query_pos):
        raw = tgt.new_empty(len(self.layers), *tgt.shape)
        for number, layer in enumerate(self.layers):
            raw[number] = layer(raw[number - 1] if number else tgt, memory, pos, query_pos)
        return list(self.norm(raw).unbind(0))
