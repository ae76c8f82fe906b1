# exercise: sine_1d
def sine_1d(position, n_features, temperature=10000.0):
    """Let complex numbers of length 1 be the hands: their parts are cosine and sine."""
    speeds = temperature ** -torch.linspace(0, 1, n_features // 2 + 1)[:-1]
    angles = torch.einsum("l,j->lj", position, speeds)
    hands = torch.polar(torch.ones_like(angles), angles)
    return torch.view_as_real(hands).flip(-1).reshape(len(position), n_features)
