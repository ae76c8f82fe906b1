# exercise: sine_1d
def sine_1d(position, n_features, temperature=10000.0):
    """Take the frequencies from an exponential in float64, and write into slices of zeros."""
    hands = torch.arange(0, n_features, 2, dtype=torch.float64)
    frequency = torch.exp(-math.log(temperature) / n_features * hands)
    angle = torch.outer(position.double(), frequency)
    out = torch.zeros(len(position), n_features, dtype=torch.float64)
    out[:, 0::2] = torch.sin(angle)
    out[:, 1::2] = torch.cos(angle)
    return out.to(position.dtype)
