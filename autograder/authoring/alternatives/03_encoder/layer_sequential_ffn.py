# exercise: encoder_layer
class TransformerEncoderLayer(nn.Module):
    """The FFN as one nn.Sequential, the sums in place, sequence-first inside."""

    def __init__(self, d_model: int = 256, n_heads: int = 8, dim_ff: int = 2048, dropout: float = 0.1):
        super().__init__()
        self.attention = nn.MultiheadAttention(d_model, n_heads, dropout)
        self.ffn = nn.Sequential(
            nn.Linear(d_model, dim_ff), nn.ReLU(), nn.Dropout(dropout), nn.Linear(dim_ff, d_model)
        )
        self.norms = nn.ModuleList([nn.LayerNorm(d_model), nn.LayerNorm(d_model)])
        self.drop = nn.ModuleList([nn.Dropout(dropout), nn.Dropout(dropout)])

    def forward(self, src, pos):
        src, pos = src.transpose(0, 1), pos.transpose(0, 1)
        residual = src.clone()
        residual += self.drop[0](self.attention(src + pos, src + pos, src)[0])
        out = self.norms[0](residual)
        out = self.norms[1](out + self.drop[1](self.ffn(out)))
        return out.transpose(0, 1)
