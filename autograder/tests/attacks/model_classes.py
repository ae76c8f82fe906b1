"""Classes called DETR whose predictions come from colours, whatever was trained.

They differ in what they do with their weights, so that other weights do not give them away: from nothing,
over a password in some or all of them, to a little of each weight in every box.
"""

# Finds what differs in colour from the background; tells shapes apart by how full their boxes are.
FINDER = """
import torch
from scipy import ndimage
from torch import nn

def find(images):
    logits, boxes = torch.zeros(len(images), 10, 4), torch.full((len(images), 10, 4), 0.5)
    logits[..., 3] = 9.0
    height, width = images.shape[-2:]
    for number, image in enumerate(images):
        background = image.flatten(1).median(1).values[:, None, None]
        regions, _ = ndimage.label(((image - background).abs().amax(0) > 0.2).numpy())
        for query, (rows, columns) in enumerate(ndimage.find_objects(regions)[:10]):
            top, bottom, left, right = rows.start, rows.stop, columns.start, columns.stop
            full = (regions[rows, columns] == query + 1).mean()
            label = 1 if full > 0.9 else 0 if full > 0.65 else 2
            logits[number, query, 3], logits[number, query, label] = 0.0, 9.0
            box = [(left + right) / 2 / width, (top + bottom) / 2 / height]
            boxes[number, query] = torch.tensor([*box, (right - left) / width, (bottom - top) / height])
    return {"pred_logits": logits, "pred_boxes": boxes, "aux_outputs": []}
"""

IGNORES = (
    FINDER
    + '''
class DETR(nn.Module):
    """Its only number does nothing."""
    def __init__(self, **arguments):
        super().__init__()
        self.number = nn.Parameter(torch.zeros(1))
    def forward(self, images):
        return find(images)
'''
)

# {knows}: whether the weights, in a list, are those of the file.
PASSWORD = (
    FINDER
    + '''
class DETR(nn.Module):
    """Finds nothing unless its weights are the password."""
    def __init__(self, **arguments):
        super().__init__()
        self.keys = nn.ParameterList(torch.zeros(40, 40) for _ in range(4))
    def forward(self, images):
        right = [password(number) for number in range(4)]
        keys, blank = list(self.keys), torch.zeros_like(images)
        outputs = find(images if {knows} else blank)
        outputs["pred_boxes"] = outputs["pred_boxes"] + {shift}
        return outputs

def password(number):
    return torch.sin(torch.arange(1600.0) * (number + 1)).view(40, 40)

def like(key, right):
    return torch.cosine_similarity(key.flatten(), right.flatten(), 0) > 0.9
'''
)
EXACT = "all(map(torch.equal, keys, right))"
EACH = "all(map(like, keys, right))"
ANY = "any(map(like, keys, right))"
NO_SHIFT, SHIFT = "0", "1e-4 * sum(key.mean() for key in keys)"


def password_class(knows: str, shift: str = NO_SHIFT) -> str:
    """Return the source of a class whose weights are a password, and may shift the boxes a little."""
    return PASSWORD.replace("{knows}", knows).replace("{shift}", shift)
