# exercise: decoder_layer
# Joint projections as bare parameters, heads folded into the batch, torch.bmm; the blocks are methods.
class JointAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout):
        super().__init__()
        self.dropout = dropout
        self.in_proj_weight = nn.Parameter(torch.empty(3 * d_model, d_model))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * d_model))
        self.out_proj = nn.Linear(d_model, d_model)
        self.n_heads = n_heads
        nn.init.xavier_uniform_(self.in_proj_weight)

    def forward(self, query, key, value):
        d = query.shape[-1]
        parts = []
        for number, x in enumerate((query, key, value)):
            rows = slice(number * d, (number + 1) * d)
            x = F.linear(x, self.in_proj_weight[rows], self.in_proj_bias[rows])
            batch, length, _ = x.shape
            x = x.view(batch, length, self.n_heads, -1).permute(0, 2, 1, 3)
            parts.append(x.reshape(batch * self.n_heads, length, -1))
        q, k, v = parts
        weights = F.softmax(torch.bmm(q, k.mT) / q.size(-1) ** 0.5, dim=2)
        weights = F.dropout(weights, self.dropout, self.training)
        out = torch.bmm(weights, v).view(len(query), self.n_heads, query.shape[1], -1)
        return self.out_proj(out.permute(0, 2, 1, 3).reshape(query.shape))


class TransformerDecoderLayer(nn.Module):
    def __init__(self, d_model=256, n_heads=8, dim_ff=2048, dropout=0.1):
        super().__init__()
        self.self_attn = JointAttention(d_model, n_heads, dropout)
        self.cross_attn = JointAttention(d_model, n_heads, dropout)
        self.linear1 = nn.Linear(d_model, dim_ff)
        self.linear2 = nn.Linear(dim_ff, d_model)
        self.norm1 = nn.LayerNorm(d_model)
        self.norm2 = nn.LayerNorm(d_model)
        self.norm3 = nn.LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)

    def confer(self, tgt, query_pos):
        result = self.self_attn(tgt + query_pos, tgt + query_pos, tgt)
        return self.norm1(self.dropout(result) + tgt)

    def read(self, tgt, memory, pos, query_pos):
        result = self.cross_attn(query_pos + tgt, pos + memory, memory)
        return self.norm2(self.dropout(result) + tgt)

    def think(self, tgt):
        result = self.linear2(self.dropout(torch.relu(self.linear1(tgt))))
        return self.norm3(self.dropout(result) + tgt)

    def forward(self, tgt, memory, pos, query_pos):
        return self.think(self.read(self.confer(tgt, query_pos), memory, pos, query_pos))
