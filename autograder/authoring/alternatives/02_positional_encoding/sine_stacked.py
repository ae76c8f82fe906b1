# exercise: sine_1d
def sine_1d(position, n_features, temperature=10000.0):
    """Take every second column of the angles, stack sines and cosines, and flatten the pairs."""
    exponent = 2 * torch.div(torch.arange(n_features), 2, rounding_mode="floor") / n_features
    angles = position.unsqueeze(-1) / torch.pow(temperature, exponent)
    pairs = torch.stack((angles[:, 0::2].sin(), angles[:, 1::2].cos()), dim=2)
    return pairs.flatten(1)
