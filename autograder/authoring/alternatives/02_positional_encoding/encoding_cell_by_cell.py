# exercise: positional_encoding
class PositionalEncoding2D(nn.Module):
    """Write every number of a pre-allocated tensor on its own."""

    def __init__(self, d_model=256, temperature=10000.0, normalize=True, scale=2 * math.pi):
        if d_model / 4 != d_model // 4:
            raise ValueError(d_model)
        super().__init__()
        self.settings = (d_model, temperature, normalize, scale)

    @torch.no_grad()
    def forward(self, x):
        d_model, temperature, normalize, scale = self.settings
        batch, height, width = x.size(0), x.size(2), x.size(3)
        out = x.new_empty((batch, d_model, height, width))
        for row in range(height):
            for column in range(width):
                y, across = row + 1.0, column + 1.0
                if normalize:
                    y, across = scale * y / (height + 1e-6), scale * across / (width + 1e-6)
                for axis, place in enumerate((y, across)):
                    for j in range(d_model // 4):
                        angle = place / temperature ** (4 * j / d_model)
                        channel = axis * (d_model // 2) + 2 * j
                        out[:, channel, row, column] = math.sin(angle)
                        out[:, channel + 1, row, column] = math.cos(angle)
        return out
