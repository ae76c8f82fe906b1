# exercise: sine_1d
import math


def sine_1d(position, n_features, temperature=10000.0):
    """Fill a table cell by cell with Python's own sine and cosine."""
    table = torch.empty(len(position), n_features)
    for row, p in enumerate(position.tolist()):
        for hand in range(n_features // 2):
            angle = p / temperature ** (2 * hand / n_features)
            table[row, 2 * hand] = math.sin(angle)
            table[row, 2 * hand + 1] = math.cos(angle)
    return table
