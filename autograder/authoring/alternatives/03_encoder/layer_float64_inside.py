# exercise: encoder_layer
def add_and_norm(norm, old, new):
    """Sum in double precision, normalise, and come back to the type of the input."""
    total = old.double() + new.double()
    centred = total - total.mean(-1, keepdim=True)
    scaled = centred / (centred.pow(2).mean(-1, keepdim=True) + norm.eps).sqrt()
    return (scaled * norm.weight.double() + norm.bias.double()).to(old.dtype)


class TransformerEncoderLayer(nn.Module):
    """Layer norm by hand in float64; a helper function beside the class."""

    def __init__(self, d_model: int = 256, n_heads: int = 8, dim_ff: int = 2048, dropout: float = 0.1):
        super().__init__()
        self.self_attn = nn.MultiheadAttention(d_model, n_heads, dropout, batch_first=True)
        self.linear1 = nn.Linear(d_model, dim_ff)
        self.linear2 = nn.Linear(dim_ff, d_model)
        self.norm1 = nn.LayerNorm(d_model)
        self.norm2 = nn.LayerNorm(d_model)
        self.p = dropout

    def drop(self, x):
        return F.dropout(x, self.p, self.training)

    def forward(self, src, pos):
        query = torch.add(src, pos)
        out = self.self_attn(query=query, key=query, value=src)
        src = add_and_norm(self.norm1, src, self.drop(out[0]))
        ff = self.linear2(self.drop(self.linear1(src).clamp(min=0)))
        return add_and_norm(self.norm2, src, self.drop(ff))
