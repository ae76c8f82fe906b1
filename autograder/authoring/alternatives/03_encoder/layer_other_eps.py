# exercise: encoder_layer
# The eps of other frameworks in both norms.
class TransformerEncoderLayer(nn.Module):
    def __init__(self, d_model=256, n_heads=8, dim_ff=2048, dropout=0.1):
        super().__init__()
        self.self_attn = nn.MultiheadAttention(d_model, n_heads, dropout, batch_first=True)
        self.linear1 = nn.Linear(d_model, dim_ff)
        self.linear2 = nn.Linear(dim_ff, d_model)
        self.norm1 = nn.LayerNorm(d_model, eps=1e-6)
        self.norm2 = nn.LayerNorm(d_model, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, src, pos):
        place = src + pos
        src = self.norm1(self.dropout(self.self_attn(place, place, src)[0]) + src)
        return self.norm2(self.dropout(self.linear2(self.dropout(self.linear1(src).relu()))) + src)
