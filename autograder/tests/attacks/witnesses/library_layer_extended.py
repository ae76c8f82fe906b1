# PyTorch's own layer, with positions put into its attention.
# answers: encoder_layer
# expected: 0
# message: write it yourself
class TransformerEncoderLayer(nn.TransformerEncoderLayer):
    def __init__(self, d_model=256, n_heads=8, dim_ff=2048, dropout=0.1):
        super().__init__(d_model, n_heads, dim_ff, dropout, batch_first=True)

    def forward(self, src, pos):
        attend = self.self_attn(src + pos, src + pos, src, need_weights=False)[0]
        src = self.norm1(src + self.dropout1(attend))
        return self.norm2(src + self._ff_block(src))
