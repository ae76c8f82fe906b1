# Multiplies by noise of the mean and the spread that dropout has.
# answers: encoder_layer
# expected: 0
class TransformerEncoderLayer(nn.Module):
    def __init__(self, d_model=256, n_heads=8, dim_ff=2048, dropout=0.1):
        super().__init__()
        self.self_attn = nn.MultiheadAttention(d_model, n_heads, dropout=dropout, batch_first=True)
        self.linear1, self.linear2 = nn.Linear(d_model, dim_ff), nn.Linear(dim_ff, d_model)
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.p = dropout

    def drop(self, x):
        if not self.training or self.p in (0, 1):
            return F.dropout(x, self.p, self.training)
        return x * (1 + (self.p / (1 - self.p)) ** 0.5 * torch.randn_like(x))

    def forward(self, src, pos):
        gathered, _ = self.self_attn(src + pos, src + pos, src, need_weights=False)
        src = self.norm1(src + self.drop(gathered))
        return self.norm2(src + self.drop(self.linear2(self.drop(self.linear1(src).relu()))))
