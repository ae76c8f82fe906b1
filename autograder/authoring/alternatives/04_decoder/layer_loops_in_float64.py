# exercise: decoder_layer
# One image and one head at a time, in float64, into a tensor allocated beforehand; norms by hand.
class TransformerDecoderLayer(nn.Module):
    def __init__(self, d_model=256, n_heads=8, dim_ff=2048, dropout=0.1):
        super().__init__()
        self.self_attn = nn.MultiheadAttention(d_model, n_heads, dropout=dropout, batch_first=True)
        self.cross_attn = nn.MultiheadAttention(d_model, n_heads, dropout=dropout, batch_first=True)
        self.linear1, self.linear2 = nn.Linear(d_model, dim_ff), nn.Linear(dim_ff, d_model)
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.norm3 = nn.LayerNorm(d_model)
        self.drop = dropout

    def attend(self, attention, query, key, value):
        weights = attention.in_proj_weight.double().chunk(3)
        biases = attention.in_proj_bias.double().chunk(3)
        q, k, v = (x @ w.T + b for x, w, b in zip((query, key, value), weights, biases, strict=True))
        gathered = torch.empty_like(q)
        width = q.shape[-1] // attention.num_heads
        for head in range(attention.num_heads):
            part = slice(head * width, (head + 1) * width)
            scores = q[:, part] @ k[:, part].T / width**0.5
            weights = F.dropout(torch.softmax(scores, dim=1), self.drop, self.training)
            gathered[:, part] = weights @ v[:, part]
        out = attention.out_proj
        return gathered @ out.weight.double().T + out.bias.double()

    def settle(self, norm, total):
        centred = total - total.mean(dim=-1, keepdim=True)
        scale = (centred.square().mean(dim=-1, keepdim=True) + norm.eps).rsqrt()
        return centred * scale * norm.weight.double() + norm.bias.double()

    def add(self, tgt, result):
        return tgt + F.dropout(result, self.drop, self.training)

    def forward(self, tgt, memory, pos, query_pos):
        done = []
        for slots, cells, places, asks in zip(
            tgt.double(), memory.double(), pos.double(), query_pos.double(), strict=True
        ):
            heard = self.attend(self.self_attn, slots + asks, slots + asks, slots)
            slots = self.settle(self.norm1, self.add(slots, heard))
            seen = self.attend(self.cross_attn, slots + asks, cells + places, cells)
            slots = self.settle(self.norm2, self.add(slots, seen))
            hidden = slots @ self.linear1.weight.double().T + self.linear1.bias.double()
            hidden = F.dropout(hidden.clamp(min=0), self.drop, self.training)
            thought = hidden @ self.linear2.weight.double().T + self.linear2.bias.double()
            done.append(self.settle(self.norm3, self.add(slots, thought)))
        return torch.stack(done).to(tgt.dtype)
