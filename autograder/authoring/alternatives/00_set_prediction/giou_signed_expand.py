# exercise: generalized_box_iou
class NotABox(ValueError):
    """A corner lies on the wrong side of the other."""


def generalized_box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    N, M = boxes1.shape[0], boxes2.shape[0]
    pairs = torch.cat([boxes1.repeat_interleave(M, dim=0), boxes2.repeat(N, 1)], dim=1)  # [N * M, 8]
    if N * M and bool(((pairs[:, 2::4] < pairs[:, 0::4]) | (pairs[:, 3::4] < pairs[:, 1::4])).any()):
        raise NotABox("x1 < x0 or y1 < y0")
    xs, ys = pairs[:, 0::2], pairs[:, 1::2]  # x0, x1 of the first box, then of the second

    def lengths(edges):
        own, other = edges[:, 1] - edges[:, 0], edges[:, 3] - edges[:, 2]
        reach = edges.amax(dim=1) - edges.amin(dim=1)
        # Two intervals cover their reach, but for the gap between them; what is left over is shared.
        return own, other, reach, torch.relu(own + other - reach)

    w1, w2, wide, w = lengths(xs)
    h1, h2, high, h = lengths(ys)
    union = w1 * h1 + w2 * h2 - w * h
    hull = wide * high
    result = w * h / union.clamp_min(1e-12) + union / hull.clamp_min(1e-12) - 1
    return result.reshape(N, M)
