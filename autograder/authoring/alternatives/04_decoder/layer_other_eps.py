# exercise: decoder_layer
# The eps of other frameworks in the norms.
class TransformerDecoderLayer(nn.Module):
    def __init__(self, d_model=256, n_heads=8, dim_ff=2048, dropout=0.1):
        super().__init__()
        self.self_attn = nn.MultiheadAttention(d_model, n_heads, dropout, batch_first=True)
        self.cross_attn = nn.MultiheadAttention(d_model, n_heads, dropout, batch_first=True)
        self.linear1, self.linear2 = nn.Linear(d_model, dim_ff), nn.Linear(dim_ff, d_model)
        self.norm1, self.norm2, self.norm3 = (
            nn.LayerNorm(d_model, eps=eps) for eps in (1e-6, 1e-12, 1e-6)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, tgt, memory, pos, query_pos):
        asking = tgt + query_pos
        tgt = self.norm1(tgt + self.dropout(self.self_attn(asking, asking, tgt)[0]))
        seen = self.cross_attn(tgt + query_pos, memory + pos, memory)[0]
        tgt = self.norm2(tgt + self.dropout(seen))
        return self.norm3(tgt + self.dropout(self.linear2(self.dropout(self.linear1(tgt).relu()))))
