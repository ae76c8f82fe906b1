# exercise: encoder_layer
class TransformerEncoderLayer(nn.Module):
    """Attention written out with einsum, queries, keys and values from three separate linear layers."""

    def __init__(self, d_model=256, n_heads=8, dim_ff=2048, dropout=0.1):
        super().__init__()
        self.n_heads = n_heads
        self.to_q = nn.Linear(d_model, d_model)
        self.to_k = nn.Linear(d_model, d_model)
        self.to_v = nn.Linear(d_model, d_model)
        self.to_out = nn.Linear(d_model, d_model)
        self.up = nn.Linear(d_model, dim_ff)
        self.down = nn.Linear(dim_ff, d_model)
        self.after_attention = nn.LayerNorm(d_model)
        self.after_ffn = nn.LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, src, pos):
        def heads(x):
            return x.unflatten(-1, (self.n_heads, -1))

        q, k, v = heads(self.to_q(src + pos)), heads(self.to_k(src + pos)), heads(self.to_v(src))
        scores = torch.einsum("bihc,bjhc->bhij", q, k) / q.shape[-1] ** 0.5
        gathered = torch.einsum("bhij,bjhc->bihc", self.dropout(scores.softmax(-1)), v).flatten(2)
        src = self.after_attention(src + self.dropout(self.to_out(gathered)))
        return self.after_ffn(src + self.dropout(self.down(self.dropout(self.up(src).relu()))))
