# exercise: decoder
# Copies of one layer made by deepcopy, as in the reference implementation; the final norm by hand in float64.
class TransformerDecoder(nn.Module):
    def __init__(self, n_layers=6, d_model=256, **layer_kwargs):
        super().__init__()
        import copy

        layer = TransformerDecoderLayer(d_model=d_model, **layer_kwargs)
        self.layers = nn.ModuleList([copy.deepcopy(layer) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)

    def final(self, tgt):
        wide = tgt.double()
        variance, mean = torch.var_mean(wide, dim=-1, keepdim=True, correction=0)
        wide = (wide - mean) / (variance + self.norm.eps).sqrt()
        return (wide * self.norm.weight + self.norm.bias).float()

    def forward(self, tgt, memory, pos, query_pos):
        outputs = {}
        for number, layer in enumerate(self.layers):
            tgt = layer(tgt, memory, pos=pos, query_pos=query_pos)
            outputs[number] = self.final(tgt)
        return [outputs[number] for number in sorted(outputs)]
