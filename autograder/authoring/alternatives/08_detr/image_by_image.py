# exercise: detr
class DETR(nn.Module):
    """One image at a time, einsum for the list, and everything joined at the end."""

    def __init__(
        self,
        num_classes=3,
        num_queries=100,
        d_model=256,
        n_heads=8,
        n_enc_layers=6,
        n_dec_layers=6,
        dim_ff=2048,
        dropout=0.1,
        backbone_name="resnet18",
    ):
        super().__init__()
        args = (d_model, n_heads, dim_ff, dropout)
        kwargs = dict(zip(("d_model", "n_heads", "dim_ff", "dropout"), args))
        self.backbone = Backbone(d_model, backbone_name)
        self.encoder = TransformerEncoder(n_layers=n_enc_layers, **kwargs)
        self.decoder = TransformerDecoder(n_layers=n_dec_layers, **kwargs)
        self.heads = DetrPredictionHeads(d_model, num_classes)
        self.position_encoding = PositionalEncoding2D(d_model)
        self.query_embed = nn.Embedding(num_queries, d_model)
        self.n_dec_layers = n_dec_layers

    def one(self, image):
        features = self.backbone(image.unsqueeze(0))
        pos = torch.einsum("bchw->bhwc", self.position_encoding(features)).flatten(1, 2)
        memory = self.encoder(torch.einsum("bchw->bhwc", features).flatten(1, 2), pos)
        query_pos = self.query_embed.weight.unsqueeze(0)
        return [
            self.heads(h)
            for h in self.decoder(query_pos.new_zeros(query_pos.shape), memory, pos, query_pos)
        ]

    def forward(self, images):
        answers = [self.one(image) for image in images]
        layers = []
        for i in range(self.n_dec_layers):
            logits = torch.cat([answer[i][0] for answer in answers], 0)
            boxes = torch.cat([answer[i][1] for answer in answers], 0)
            layers.append({"pred_boxes": boxes, "pred_logits": logits})
        return dict(layers[-1], aux_outputs=layers[: self.n_dec_layers - 1])
