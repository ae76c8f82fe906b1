# %% [markdown]
# # Step 1 · The backbone
#
# **Day 1 · about 45 minutes · 4 points for code, 2 for writing**
#
# *What you will have at the end:* a class that turns images into maps of *tokens*, built on any ResNet that
# torchvision knows, or on a small network of the course that fits the toy images.
#
# *Read first:* section 3.2 ("Backbone", and the first two sentences of "Transformer encoder") and appendix A.4 ("Backbone")
# of [the paper](https://arxiv.org/abs/2005.12872).
# *Not covered:* the dilated variant DC5 (section 4 of the paper), feature pyramids, backbones that are not ResNets.

# %% [markdown]
# ## Recall
#
# Answer in your head, then unfold.
#
# <details><summary>A box is (0.5, 0.5, 0.2, 0.4) in the order (cx, cy, w, h). Where are its corners?</summary>
#
# At (0.4, 0.3) and (0.6, 0.7): half a side to each side of the centre.
# </details>
#
# <details><summary>Two boxes do not touch. What do IoU and GIoU say about them, and which one can teach?</summary>
#
# IoU is 0, however far apart they are, so it has no gradient that could pull them together. GIoU is negative, and the
# more so the more empty space their common hull holds: it has one.
# </details>
#
# <details><summary>What does a set predictor do so that it needs no NMS?</summary>
#
# Each object is matched with exactly one of the N queries. All other queries learn "no object", also those that point
# at the same object: duplicates are trained away instead of filtered out.
# </details>

# %% locked="setup"
import torch
from torch import Tensor, nn

from detrlab import check, draw, hint, predict, reveal
from detrlab.backbones import tiny_backbone
from detrlab.toy import ToyDetectionDataset, make_synthetic_sample

torch.manual_seed(0);

# %% [markdown]
# ## From pixels to tokens
#
# A transformer reads a list of vectors, the *tokens*. Pixels would be too many: a 128 px image has 16,384 of them, and attention
# compares every pair, which makes 268 million. So a convolutional network goes first. It condenses the image
# to a coarse map of long vectors, and each cell of that map becomes one token.
#
# A ResNet halves the image five times, so its last map has a *stride* of $2^5 = 32$: neighbouring cells stand 32 px apart.
# Commit yourself before you see it: an image of 100 × 150 px goes in. How many cells does the last map have?

# %%
predict("cells for 100 x 150 px", ...)  # rows times columns, for example 3 * 4

# %% [markdown]
# ### A ResNet, taken apart
#
# torchvision's ResNets are a row of ten parts. Send an image through them, one after the other, and watch the shape.
# (The import takes a few seconds, once.)

# %%
from torchvision.models import resnet18

network = resnet18(weights=None)  # None: random weights
features = torch.zeros(1, 3, 100, 150)
for name, part in network.named_children():
    if name == "fc":
        features = features.flatten(1)
    features = part(features)
    print(f"{name:8} {list(features.shape)}")
reveal("cells for 100 x 150 px", "after layer4, 4 * 5 = 20: each of the five halvings rounds up")

# %% [markdown]
# `conv1`, `maxpool`, `layer2`, `layer3` and `layer4` halve, and an odd size rounds up each time; together that is $\lceil H/32 \rceil$
# by $\lceil W/32 \rceil$. What `layer4` returns is often called **C5**. Then come two parts that a classifier needs and a detector
# cannot use. `avgpool` averages over all places, so that *where* is gone. `fc` turns what is left into scores for the 1,000
# classes of ImageNet. DETR cuts both off.
#
# C5 has 512 channels in ResNet-18 and 34, and 2,048 in ResNet-50 and larger ones. The transformer wants `d_model` of them,
# 256 in the paper. A **1×1 convolution** changes the number: one linear layer, applied to every cell alike.

# %%
convolution = nn.Conv2d(512, 256, kernel_size=1)
linear = nn.Linear(512, 256)
linear.weight.data = convolution.weight.data[:, :, 0, 0]
linear.bias.data = convolution.bias.data

c5 = torch.randn(1, 512, 4, 5)
gap = (convolution(c5)[0, :, 2, 3] - linear(c5[0, :, 2, 3])).abs().max().item()
print(f"the cell in row 2, column 3: largest difference {gap:.1e}")

# %% [markdown]
# ## TODO · The backbone
#
# | difficulty | importance | minutes |
# |---|---|---|
# | ●●○ | ●●● | 15 |
#
# Two attributes: `body` makes the map, `projection` sets its number of channels to `d_model`.
#
# - For the name of a ResNet ("resnet18", "resnet50", ...), `torchvision.models.get_model(name, weights=weights)` builds it. Its
#   `children()` are the ten parts above; `body` is all of them but the last two. How many channels come out? Ask the
#   network: `fc.in_features` is what its classifier expects.
# - For the name `"tiny"`, `tiny_backbone()` returns a pair: the body, of stride 16, and its number of channels.
# - `projection` is the 1×1 convolution from that number to `d_model`. Nothing follows it.
# - `weights` goes on to torchvision. `None` means random, `"DEFAULT"` downloads ImageNet weights; nothing in this notebook does. A name
#   that does not exist raises an error there, as it should. "tiny" has no such weights.
#
# Leave the body as it comes: trainable, in training mode, with its own normalisation. And import torchvision inside the branch
# that needs it, because the import takes seconds and a model with the tiny body does without.

# %% todo="backbone"
class Backbone(nn.Module):
    """Turn images into a coarse map of d_model channels (paper, section 3.2).

    name: a ResNet of torchvision, or "tiny" for the small network of the course.
    weights: None for random ones, "DEFAULT" for those trained on ImageNet (ResNets only).
    """

    def __init__(self, d_model: int = 256, name: str = "resnet50", weights: str | None = None):
        super().__init__()
        ### BEGIN SOLUTION
        if name == "tiny":
            self.body, channels = tiny_backbone()
        else:
            from torchvision.models import get_model

            network = get_model(name, weights=weights)
            channels = network.fc.in_features
            self.body = nn.Sequential(*list(network.children())[:-2])
        self.projection = nn.Conv2d(channels, d_model, kernel_size=1)
        ### END SOLUTION

    def forward(self, images: Tensor) -> Tensor:
        """Return features [B, d_model, ceil(H/32), ceil(W/32)] of images [B, 3, H, W]; "tiny": 16 for 32."""
        ### BEGIN SOLUTION
        return self.projection(self.body(images))
        ### END SOLUTION


# %% tests="backbone" points=4
check.backbone(Backbone)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.backbone(Backbone)
### END HIDDEN TESTS
