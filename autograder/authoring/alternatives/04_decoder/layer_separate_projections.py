# exercise: decoder_layer
# Attention written by hand with einsum; queries, keys and values have projections of their own.
class Attention(nn.Module):
    def __init__(self, d_model, n_heads, dropout):
        super().__init__()
        self.n_heads = n_heads
        self.to_q = nn.Linear(d_model, d_model)
        self.to_k = nn.Linear(d_model, d_model)
        self.to_v = nn.Linear(d_model, d_model)
        self.to_out = nn.Linear(d_model, d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, query, key, value):
        q, k, v = (
            project(x).unflatten(-1, (self.n_heads, -1))
            for project, x in ((self.to_q, query), (self.to_k, key), (self.to_v, value))
        )
        scores = torch.einsum("bnhc,blhc->bhnl", q, k) * q.shape[-1] ** -0.5
        weights = self.dropout(scores.softmax(dim=-1))
        return self.to_out(torch.einsum("bhnl,blhc->bnhc", weights, v).flatten(2))


class TransformerDecoderLayer(nn.Module):
    def __init__(self, d_model=256, n_heads=8, dim_ff=2048, dropout=0.1):
        super().__init__()
        self.among_slots = Attention(d_model, n_heads, dropout)
        self.to_memory = Attention(d_model, n_heads, dropout)
        self.up = nn.Linear(d_model, dim_ff)
        self.down = nn.Linear(dim_ff, d_model)
        self.norm_a, self.norm_b, self.norm_c = (nn.LayerNorm(d_model) for _ in range(3))
        self.dropout = nn.Dropout(dropout)

    def forward(self, tgt, memory, pos, query_pos):
        asking = tgt + query_pos
        tgt = self.norm_a(tgt + self.dropout(self.among_slots(asking, asking, tgt)))
        read = self.to_memory(tgt + query_pos, memory + pos, memory)
        tgt = self.norm_b(tgt + self.dropout(read))
        return self.norm_c(tgt + self.dropout(self.down(self.dropout(self.up(tgt).relu()))))
