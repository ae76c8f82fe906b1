# exercise: positional_encoding
class PositionalEncoding2D(nn.Module):
    """Keep the frequencies as a buffer, use float64, and fill both halves by broadcasting."""

    def __init__(self, d_model=256, temperature=10000.0, normalize=True, scale=2 * math.pi):
        super().__init__()
        if d_model & 3:
            raise ValueError("not a multiple of four")
        hands = torch.arange(d_model // 4, dtype=torch.float64)
        self.register_buffer("frequency", temperature ** (-4 * hands / d_model))
        self.scale = scale if normalize else None

    def places(self, count):
        places = torch.arange(count, dtype=torch.float64, device=self.frequency.device) + 1
        return places if self.scale is None else torch.linspace(self.scale / count, self.scale, count)

    def forward(self, x):
        grids = torch.meshgrid(self.places(x.shape[2]), self.places(x.shape[3]), indexing="ij")
        angles = torch.einsum("ahw,f->afhw", torch.stack(grids).double(), self.frequency)
        tips = torch.stack([angles.sin(), angles.cos()], dim=2)  # [axis, hand, sin or cos, H', W']
        return tips.flatten(0, 2).to(x).unsqueeze(0).repeat(x.shape[0], 1, 1, 1)
