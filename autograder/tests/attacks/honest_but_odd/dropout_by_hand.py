# Draws the masks of its dropout itself, in the attention too.
# answers: encoder_layer
# expected: full
class TransformerEncoderLayer(nn.Module):
    def __init__(self, d_model=256, n_heads=8, dim_ff=2048, dropout=0.1):
        super().__init__()
        self.n_heads, self.p = n_heads, dropout
        self.in_proj, self.out_proj = nn.Linear(d_model, 3 * d_model), nn.Linear(d_model, d_model)
        self.linear1, self.linear2 = nn.Linear(d_model, dim_ff), nn.Linear(dim_ff, d_model)
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)

    def drop(self, x):
        if not self.training or not self.p:
            return x
        kept = torch.rand_like(x) >= self.p
        return torch.where(kept, x / max(1 - self.p, 1e-9), torch.zeros_like(x))

    def forward(self, src, pos):
        weights, biases = self.in_proj.weight.chunk(3), self.in_proj.bias.chunk(3)
        q, k, v = (
            F.linear(x, w, b).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
            for x, w, b in zip((src + pos, src + pos, src), weights, biases, strict=True)
        )
        scores = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)
        gathered = self.out_proj((self.drop(scores) @ v).transpose(1, 2).flatten(2))
        src = self.norm1(src + self.drop(gathered))
        return self.norm2(src + self.drop(self.linear2(self.drop(self.linear1(src).relu()))))
