# exercise: decoder_layer
# The reference implementation's layout and names: sequence first inside, multihead_attn, FFN in one Sequential.
class TransformerDecoderLayer(nn.Module):
    def __init__(self, d_model=256, n_heads=8, dim_ff=2048, dropout=0.1):
        super().__init__()
        self.self_attn = nn.MultiheadAttention(d_model, n_heads, dropout=dropout)
        self.multihead_attn = nn.MultiheadAttention(d_model, n_heads, dropout=dropout)
        self.ffn = nn.Sequential(
            nn.Linear(d_model, dim_ff),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(dim_ff, d_model),
            nn.Dropout(dropout),
        )
        self.norms = nn.ModuleList(nn.LayerNorm(d_model) for _ in range(3))
        self.dropout1, self.dropout2 = nn.Dropout(dropout), nn.Dropout(dropout)

    def forward(self, tgt, memory, pos, query_pos):
        slots, cells, places, asks = (x.transpose(0, 1) for x in (tgt, memory, pos, query_pos))
        heard = self.self_attn(slots + asks, slots + asks, slots)[0]
        slots = self.norms[0](torch.add(slots, self.dropout1(heard)))
        seen = self.multihead_attn(query=slots + asks, key=cells + places, value=cells)[0]
        slots = self.norms[1](torch.add(slots, self.dropout2(seen)))
        slots = self.norms[2](torch.add(slots, self.ffn(slots)))
        return slots.transpose(0, 1)
