# %% [markdown]
# # Step 1 · The backbone
#
# **Day 1 · about 60 minutes · 4 points for code, 2 for writing**
#
# *What you will have at the end:* a class that turns images into maps of *tokens*, built on any ResNet that
# torchvision knows, or on a small network of the course that fits the toy images.
#
# *Read first:* section 3.2 ("Backbone", and the first two sentences of "Transformer encoder") and appendix A.4
# ("Backbone") of [the paper](https://arxiv.org/abs/2005.12872).
# *Not covered:* the dilated variant DC5 (section 4 of the paper), feature pyramids, backbones that are not
# ResNets.

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
# IoU is 0, however far apart they are, so it has no gradient that could pull them together. GIoU is negative,
# and the more so the more empty space their common hull holds: it has one.
# </details>
#
# <details><summary>What does a set predictor do so that it needs no NMS?</summary>
#
# Each object is matched with exactly one of the N queries. All other queries learn "no object", also those that
# point at the same object: duplicates are trained away instead of filtered out.
# </details>

# %% locked="setup"
from collections import OrderedDict

import torch
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from detrlab import check, compare, draw, hint, predict, progress, reveal
from detrlab.backbones import tiny_backbone
from detrlab.toy import ToyDetectionDataset, make_synthetic_sample

_ = torch.manual_seed(0)
# %% [markdown]
# ## From pixels to tokens
#
# A transformer reads a list of vectors, the *tokens*. Pixels would be too many: a 128 px image has 16,384 of
# them, and attention compares every pair, which makes 268 million. So a convolutional network goes first. It
# condenses the image to a coarse map of long vectors, and each cell of that map becomes one token.
#
# A ResNet halves the image five times, so its last map has a *stride* of $2^5 = 32$: neighbouring cells stand
# 32 px apart. Commit yourself before you see it: an image of 100 × 150 px goes in. How many cells does the last
# map have?

# %%
predict("cells for 100 x 150 px", ...)  # rows times columns, for example 3 * 4

# %% [markdown]
# ### A ResNet, taken apart
#
# torchvision's ResNets are a row of ten parts. Four make the *stem*; `layer1` to `layer4` are rows of *residual
# blocks*, each a few convolutions with a *shortcut* that adds their input to their result; then come `avgpool`
# and `fc`. Send an image through them, one after the other, and watch the shape. (The import takes a few
# seconds, once.)

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
# `conv1`, `maxpool`, `layer2`, `layer3` and `layer4` halve, and an odd size rounds up each time; together that
# is $\lceil H/32 \rceil$ by $\lceil W/32 \rceil$. What `layer4` returns is often called **C5**. Then come two
# parts that a classifier needs and a detector cannot use. `avgpool` averages over all places, so that *where*
# is gone. `fc` turns what is left into scores for the 1,000 classes of ImageNet. DETR cuts both off.
#
# C5 has 512 channels in ResNet-18 and 34, and 2,048 in ResNet-50 and larger ones. The transformer wants
# `d_model` of them, 256 in the paper. A **1×1 convolution** changes the number: one linear layer, applied to
# every cell alike.

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
# - For the name of a ResNet ("resnet18", "resnet50", ...),
#   `torchvision.models.get_model(name, weights=weights)` builds it. Its `children()` are the ten parts above;
#   `body` is those that lead to C5, in one `nn.Sequential`. How many channels come out? Ask the network, not its
#   name: its classifier knows.
# - For the name `"tiny"`, `tiny_backbone()` returns a pair: the body, of stride 16, and its number of channels.
# - `projection` is the 1×1 convolution from that number to `d_model`. Nothing follows it.
# - `weights` goes on to torchvision. `None` means random, `"DEFAULT"` downloads ImageNet weights; nothing in
#   this notebook does. A name that does not exist raises an error there, as it should. "tiny" has no such
#   weights.
#
# Leave the body as it comes: trainable, in training mode, with its own normalisation. And import torchvision
# inside the branch that needs it, because the import takes seconds and a model with the tiny body does without.


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
            self.body = nn.Sequential(OrderedDict(list(network.named_children())[:-2]))
        self.projection = nn.Conv2d(channels, d_model, kernel_size=1)
        ### END SOLUTION

    def forward(self, images: Tensor) -> Tensor:
        """Return features [B, d_model, ceil(H/32), ceil(W/32)] of images [B, 3, H, W].

        With "tiny" the stride is 16 instead of 32.
        """
        ### BEGIN SOLUTION
        return self.projection(self.body(images))
        ### END SOLUTION


# %% tests="backbone" points=4
check.backbone(Backbone)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.backbone(Backbone)
### END HIDDEN TESTS

# %% [markdown] hints="backbone"
# <details><summary>Hint 1 · where to look</summary>
#
# The shapes that the ResNet printed, part by part: which two parts come after the last map? And the documentation
# of `nn.Sequential`, which makes one module of several.
# </details>
#
# <details><summary>Hint 2 · the plan</summary>
#
# In `__init__`: two branches, and each ends with a body and a number of channels. Then the projection, once,
# for both. In `forward`: the body, then the projection, and nothing else.
# </details>
#
# <details><summary>Hint 3 · almost the line</summary>
#
# `nn.Sequential(*list(network.children())[...])`, with a slice that stops before the last two. With
# `named_children()` and an `OrderedDict` the parts keep their names, which reads better in a print-out; the
# check accepts both.
# </details>
#
# <details><summary>Help: expected input to have 512 channels, but got 2048 (or the other way round)</summary>
#
# The projection has a fixed number of input channels. Take it from the network at hand, `fc.in_features`, or
# from what `tiny_backbone()` returns.
# </details>
#
# <details><summary>Help: expected 3D or 4D input to conv2d, but got input of size [3, 512]</summary>
#
# The map has lost its rows and columns: averaging or flattening still takes place inside the body. Replacing
# `fc` by `nn.Identity()` is not enough, because a ResNet's own `forward` averages and flattens before it.
# </details>
#
# <details><summary>Help: Unknown model tiny</summary>
#
# torchvision knows no such network. Ask for the name first, and call torchvision only in the other branch.
# </details>
#
# <details><summary>Help: something is being downloaded</summary>
#
# Somewhere `weights` is not what was passed in. With the default `None` nothing is downloaded.
# </details>

# %% [markdown]
# ### Look at what you built: an image as tokens
#
# The map becomes a list by reading it row by row: flatten the places, then bring the channels to the end. An
# image of 128 px at stride 32 gives 4 × 4 cells, so 16 tokens of 256 numbers each.

# %%
image, target = make_synthetic_sample(seed=1, index=283)
features = Backbone(name="resnet18")(image[None])
tokens = features.flatten(2).transpose(1, 2)
print("features", list(features.shape), "-> tokens", list(tokens.shape))

row, column = 2, 3
token = tokens[0, row * features.shape[3] + column]
print("token 11 is the cell in row 2, column 3:", torch.equal(token, features[0, :, row, column]))

# %%
figure, axes = draw.image_grid(1, 2, cell=384)
for ax, stride in zip(axes, (32, 16), strict=True):
    cells = 128 // stride
    draw.visualize(image, target, ax, f"stride {stride}: {cells} x {cells} = {cells**2} tokens")
    for edge in range(stride, 128, stride):
        ax.axhline(edge - 0.5, color="white", linewidth=0.8)
        ax.axvline(edge - 0.5, color="white", linewidth=0.8)
    for number in range(cells**2):
        row, column = divmod(number, cells)
        ax.text(column * stride + 0.5, row * stride + 0.5, number, color="black", fontsize=7, va="top")
alt = "A toy image under a grid of 4 by 4 cells and of 8 by 8, numbered. In the coarse one, cell 11"
alt += " holds the centres of a circle and of a triangle; in the fine one, each has its own cell."
draw.show(figure, alt)

# %% [markdown]
# Toy objects measure 12 to 48 px. At stride 32, two small ones can fall into one cell, as the circle and the
# small triangle do here, in square 11. At stride 16 each has a square of its own, at the price of four times as
# many tokens. (The grid only shares the image out. What a token sees is centred on the top left corner of its
# square, because padding puts cell (0, 0) on pixel (0, 0).)
#
# ## Spacing is not sight
#
# The stride says how far apart the tokens stand. How far does each one *see*? Every convolution with a kernel
# of $k > 1$ looks beyond the cell's edges, and that adds up from layer to layer. The patch of the image that
# can have any influence on one cell is its **receptive field**.
#
# Guess first: how wide is it, in pixels, for one cell of ResNet-18's last map?

# %%
predict("receptive field", ...)  # in pixels; the stride is 32

# %% [markdown]
# It can be computed exactly. Before the first layer a cell is one pixel: field $r = 1$, stride $j = 1$. A layer
# with kernel $k$ and stride $s$ looks at $k$ cells, which stand $j$ pixels apart:
#
# $$r \leftarrow r + (k - 1)\, j \qquad\qquad j \leftarrow j\, s$$
#
# So `conv1` ($k = 7$, $s = 2$) gives $r = 1 + 6 \cdot 1 = 7$ and $j = 2$; `maxpool` ($k = 3$, $s = 2$) gives
# $r = 7 + 2 \cdot 2 = 11$ and $j = 4$. The code does the same for all layers on the longest way through; the
# shortcuts of the residual blocks see less, never more.


# %%
def field_and_stride(network: nn.Module) -> dict[str, tuple[int, int]]:
    """Return the receptive field and the stride in pixels after each part of a network."""
    field, stride, after = 1, 1, {}
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d) and "downsample" not in name:
            kernel, step = (v if isinstance(v, int) else v[0] for v in (layer.kernel_size, layer.stride))
            field += (kernel - 1) * stride
            stride *= step
            after[name.partition(".")[0]] = (field, stride)
    return after


for name, (field, stride) in field_and_stride(resnet18()).items():
    print(f"after {name:8} field {field:3} px, stride {stride:2} px")
reveal("receptive field", f"{field} px")

# %% [markdown]
# 435 px: more than three times the width of a toy image, and almost fourteen times the stride.
# (ResNet-50 has 2.8 times as many layers and ends at 427 px, because all the additional ones are 1×1
# convolutions, which add nothing to the field; the blocks of both hold sixteen 3×3 ones, spread differently over
# the stages. Try `field_and_stride` on it.)
#
# *Can* influence is not *does* influence. The **effective** field is the part with weight behind it. Take one
# output cell, ask for its gradient at every input pixel, and average over a few random images (Luo et al.,
# [Understanding the Effective Receptive Field](https://arxiv.org/abs/1701.04128), 2016). The weights are random
# here; training widens it, says the same paper.

# %%
backbone = Backbone(name="resnet18").eval().requires_grad_(False)
noise = torch.randn(4, 3, 449, 449, requires_grad=True)
backbone(noise)[:, :, 7, 7].sum().backward()  # the middle one of 15 x 15 cells
influence = noise.grad.abs().sum(dim=1).mean(dim=0)
influence = influence / influence.sum()

touched = (influence > 0).any(dim=0).nonzero()
print("from the first to the last pixel with any influence:", int(touched[-1] - touched[0]) + 1, "px")
widths = {}
for share in (0.5, 0.9):
    squares = (influence[224 - r : 225 + r, 224 - r : 225 + r].sum() for r in range(224))
    widths[share] = next(2 * r + 1 for r, inside in enumerate(squares) if inside >= share)
    print(f"{share:.0%} of the influence comes from a square of {widths[share]} px")

# %%
figure = draw.new_figure(9, 3.6)
left, right = figure.subplots(1, 2, width_ratios=(1, 1.2))
draw.heatmap(influence.sqrt(), left, "square root of the influence on one cell")
for width, words in ((32, "its own cell"), (widths[0.5], "half of it"), (435, "all of it: 435 px")):
    corner = 224 - width / 2
    left.add_patch(Rectangle((corner, corner), width, width, fill=False, edgecolor="white"))
    left.text(224, max(corner - 6, 28), words, color="white", ha="center", fontsize=8)
right.plot(range(-224, 225), influence.sum(dim=0), color=draw.PALETTE[0], linewidth=0.8)
right.axvspan(-16, 16, color=draw.PALETTE[1], alpha=0.3)
right.text(20, 0, "its own cell: 32 px", fontsize=8)
right.set(xlabel="pixels from the middle of the cell", ylabel="share of the influence, by column")
alt = "The influence of each pixel on one cell: a bell, highest in the middle, far wider than the cell."
draw.show(figure, alt)

# %% [markdown]
# The pixels with any influence span exactly 435 px: the formula holds. But half of the influence
# comes from a square of about 30% of that width, and it falls off like a bell. (Its fine teeth repeat every 4
# px, the stride after `maxpool`.) So a token tells mostly of what is near the middle of its field, and less and
# less of what is around. Looking further, and on purpose, is the encoder's work in step 3.
#
# ## A backbone of the right size
#
# `Backbone()` has a ResNet-50 inside. On the toy images you will use `name="tiny"`: five 3×3 convolutions, four
# of them with stride 2. Compare, for one image of 128 px (a multiply-add is one weight times one activation,
# added to a sum):

# %%
from torch.utils.flop_counter import FlopCounterMode

print("name      parameters  channels  field  stride  multiply-adds")
for name in ("tiny", "resnet18", "resnet50"):
    backbone = Backbone(name=name)
    parameters = sum(parameter.numel() for parameter in backbone.body.parameters())
    field, stride = list(field_and_stride(backbone.body).values())[-1]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        backbone(image[None])
    work = f"{counter.get_total_flops() / 2e6:10.0f} M"
    print(f"{name:8} {parameters:11,} {backbone.projection.in_channels:9} {field:6} {stride:7} {work}")

sample = ToyDetectionDataset(200, seed=1)
objects = sum(len(target["labels"]) for _, target in sample) / len(sample)
numbers = 1000 * objects * 5
print(f"{objects:.2f} objects per toy image, 5 numbers each: {numbers:,.0f} in 1,000 images")

# %% [markdown]
# The tiny body's field, 63 px, just holds every toy object: the largest measures 48 px, the middle of the nearest
# field can be 7.5 px off its own, and 48 + 2 × 7.5 = 63.
#
# **Why not train the ResNet-50 from scratch?** On 1,000 images that is hopeless. But beware of the quick
# argument: 23.5 million parameters against some 15,000 numbers to learn from prove nothing by themselves, since
# large networks often generalise from fewer numbers than they have parameters. The honest argument is a
# measurement. He, Girshick and Dollár ([Rethinking ImageNet Pre-training](https://arxiv.org/abs/1811.08883),
# section 5.2) trained Mask R-CNN on parts of COCO, from ImageNet weights and from scratch:
#
# | COCO images for training | from ImageNet weights | from scratch |
# |---|---|---|
# | 10,000 | 26.0 AP | 25.9 AP, after more steps |
# | 3,500 | 16.0 AP | 9.3 AP |
# | 1,000 | 9.9 AP | 3.5 AP, and 5.4 AP at best with settings of its own |
#
# On 1,000 images the training loss came down without pre-training too, only later. What the network had learned
# did not carry over to other images: that is overfitting. Circles and squares ask for less than COCO does, so
# on them the result would be kinder. But then the other half of the argument remains: 24 times the work of the
# tiny body, at every step, for objects that a field of 63 px already holds.
#
# ## Frozen batch norm
#
# Behind each convolution of a ResNet stands a batch norm. In every channel it computes
#
# $$y = \gamma \, \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta$$
#
# In training, $\mu$ and $\sigma^2$ are the mean and variance of the *current batch*; in evaluation they are
# averages collected during training; $\gamma$ and $\beta$ are learned. **Frozen** batch norm takes all four
# from the pretrained network and never changes them again. What is left is a fixed scale and shift per channel,
# the same in training and in evaluation.
#
# DETR does this (`FrozenBatchNorm2d` in `models/backbone.py` of the reference implementation), and gives common
# practice in detection as its reason (appendix A.4). What speaks for the practice: images are large, so few fit
# on a GPU, four in the paper (section 4), and statistics of four images are noisy, because the pixels of one image
# resemble each other. The stored ones come from all of ImageNet, and they go on fitting as long as a small learning
# rate, here $10^{-5}$, keeps the weights near the pretrained ones.
#
# And with *random* weights? There are no statistics yet: $\mu = 0$, $\sigma^2 = 1$, $\gamma = 1$, $\beta = 0$.
# Frozen like this, the norm does nothing at all. Below, eight toy images go through two copies of the same
# random network, one with live and one with frozen batch norm. The *spread* is the standard deviation of all
# activations.

# %%
predict("frozen and random", ...)  # ResNet-50, norms frozen: does the spread shrink, hold or grow?


# %%
def walk(network: nn.Module, features: Tensor) -> tuple[list[float], float]:
    """Return the spread after the stem and after each block, and the mean cosine of two tokens of C5."""
    stem, stages = list(network.children())[:4], list(network.children())[4:-2]
    spread = []
    with torch.no_grad():
        for part in [nn.Sequential(*stem), *(block for stage in stages for block in stage)]:
            features = part(features)
            spread.append(features.std().item())
    tokens = nn.functional.normalize(features, dim=1).transpose(0, 1).flatten(1)
    return spread, (tokens.T @ tokens).mean().item()


# %%
from torchvision.models import resnet50
from torchvision.ops import FrozenBatchNorm2d

torch.manual_seed(0)
images = torch.stack([4 * image - 2 for image, _ in ToyDetectionDataset(8, seed=1)])  # about -2 to 2
spreads = {}
print("                  spread: stem    C5   mean cosine of two tokens")
for make in (resnet18, resnet50):
    live, frozen = make(), make(norm_layer=FrozenBatchNorm2d)
    frozen.load_state_dict(live.state_dict())
    for kind, network in (("live", live), ("frozen", frozen)):
        key = f"{make.__name__}, {kind}"
        spreads[key], cosine = walk(network, images)
        print(f"{key:22} {spreads[key][0]:7.2f} {spreads[key][-1]:6.2f} {cosine:7.2f}")
growth = spreads["resnet50, frozen"][-1] / spreads["resnet50, frozen"][0]
reveal("frozen and random", f"it grows: {growth:.0f}-fold from the stem to C5")

# %%
figure = draw.new_figure(9, 3)
for ax, name in zip(figure.subplots(1, 2, sharey=True), ("resnet18", "resnet50"), strict=True):
    for kind, color, offset in (("live", draw.PALETTE[0], (0, 8)), ("frozen", draw.PALETTE[5], (6, -12))):
        values = spreads[f"{name}, {kind}"]
        ax.semilogy(values, "o-", color=color, markersize=4)
        ax.annotate(kind, (2, values[2]), offset, textcoords="offset points", color=color)
    ax.set_title(f"{name}, random weights", fontsize=10, loc="left")
    ax.set(xlabel="residual blocks passed", xticks=range(0, len(values), 4), ylim=(0.08, 60))
figure.axes[0].set_ylabel("spread of the activations")
alt = "Spread of the activations by block: live batch norm holds it near 1, with frozen norms it grows."
draw.show(figure, alt)

# %% [markdown]
# Live batch norm sets the scale anew inside each block, and on the shortcut wherever a stage begins; the spread
# stays near 1. With frozen norms nothing does. Each block adds to what it was given, and what comes out depends on
# the depth, and nothing holds it: six times the spread of the stem in ResNet-18, which happens to end near the
# live network; almost 200 times in ResNet-50 (70 to 110 times with four other seeds). Worse for DETR, the
# tokens are more alike (a cosine of 1 would mean that all point the same way), because nothing takes away what
# they have in common, the mean. And the norms cannot learn to mend it, since $\gamma$ and $\beta$ are frozen
# too.
#
# So: **frozen with pretrained weights, live with random ones**. With random weights *and* small batches there
# is a third way, a norm that looks at one image at a time. `tiny_backbone` uses group norm for that reason.
#
# <details><summary>Going further: pretrained weights in your class</summary>
#
# `get_model(name, weights="DEFAULT", norm_layer=FrozenBatchNorm2d)` downloads ImageNet weights (about 100 MB
# for ResNet-50) and freezes the norms. Two things to know. The images must then be normalised as those of
# ImageNet were: subtract (0.485, 0.456, 0.406), divide by (0.229, 0.224, 0.225), per colour. And "DEFAULT"
# means torchvision's best weights, for ResNet-50 `IMAGENET1K_V2` of 2021, while DETR was trained in 2020 from
# `IMAGENET1K_V1`.
# </details>

# %% [markdown] locked="question_pretraining"
# ## Written question · why pretrain?
#
# Why does DETR start its backbone from ImageNet weights? And what would you expect, and do, if your images look
# nothing like ImageNet's, for example X-rays, satellite images or spectrograms? Answer in four to six
# sentences. (2 points)

# %% [markdown] written="pretraining" points=2
# **Model answer.** ImageNet's 1.28 million labelled images teach the backbone edges, textures and parts of
# objects, which a detector needs as well and which boxes teach poorly: there are far fewer of them, and in DETR
# each object trains one query only. Starting there, training converges much sooner, and with little data (below
# some 10,000 COCO images in He et al.) it also ends better; with enough data and time, training from scratch
# catches up. If my images look different, the early layers (edges, blobs) should still be of use and the late
# ones (dog faces, wheels) less so, and the frozen statistics no longer fit, because colours and contrasts are
# distributed differently. I would try the pretrained weights first, with a higher learning rate for the
# backbone and with live or group norm, and compare with pretraining on images of my own kind, also unlabelled
# ones, and with a small network from scratch if the task is simple, as the toy set is.
#
# **Rubric.** 1 point: pretrained features transfer, and this pays off through faster convergence or where
# labelled boxes are few. 1 point: with other images transfer is weaker (late layers, or the statistics of
# frozen norms), with one sensible consequence: fine-tune more, unfreeze the norms, pretrain on similar images,
# a smaller network, or measure it. "Pretraining is always better" earns no second point.

# %% [markdown]
# ## Where the six images stand
#
# The same six held-out images close every notebook. Your backbone turns each of them into 16 tokens, or 64 with
# the tiny body. Nothing has told the tokens yet *where* they lie: that is step 2. And there is nothing to draw
# before step 5.

# %%
draw.six_so_far(caption="tokens without a place, and no boxes yet")
