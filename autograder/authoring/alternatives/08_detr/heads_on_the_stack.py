# exercise: detr
class DETR(nn.Module):
    """All layers through the heads at once; queries looked up by number and repeated."""

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
        self.backbone = Backbone(d_model=d_model, name=backbone_name)
        self.position_encoding = PositionalEncoding2D(d_model=d_model)
        sizes = dict(d_model=d_model, n_heads=n_heads, dim_ff=dim_ff, dropout=dropout)
        self.encoder = TransformerEncoder(n_enc_layers, **sizes)
        self.decoder = TransformerDecoder(n_dec_layers, **sizes)
        self.query_embed = nn.Embedding(num_queries, d_model)
        self.heads = DetrPredictionHeads(d_model=d_model, num_classes=num_classes)
        self.n = num_queries

    def forward(self, images):
        x = self.backbone(images)
        b, c, h, w = x.shape
        p = self.position_encoding(x)
        src = x.permute(0, 2, 3, 1).reshape(b, h * w, c)
        pos = p.permute(0, 2, 3, 1).reshape(b, h * w, c)
        queries = self.query_embed(torch.arange(self.n, device=x.device)).unsqueeze(0).repeat(b, 1, 1)
        hs = torch.stack(list(self.decoder(queries * 0, self.encoder(src, pos), pos, queries)))
        logits, boxes = self.heads(hs)
        out = {"pred_logits": logits[-1], "pred_boxes": boxes[-1]}
        out["aux_outputs"] = [
            {"pred_logits": a, "pred_boxes": z} for a, z in zip(logits[:-1], boxes[:-1])
        ]
        return out
