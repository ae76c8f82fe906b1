# %% [markdown]
# # Step 5 · Heads
#
# **Day 3 · about 50 minutes · 4 points for code, 2 for writing**
#
# *What you will have at the end:* the two small networks that turn each query's vector into an answer, a
# class and a box. With them the path from pixels to boxes is closed: you will see your model's first boxes,
# and why all of them lie in the middle.
#
# *Read first:* section 3.2 ("Prediction feed-forward networks") of [the
# paper](https://arxiv.org/abs/2005.12872); it is one paragraph. *Not covered:* which of the predictions has
# to find which object (step 6), and the loss (step 7).

# %% [markdown]
# ## Recall
#
# Answer in your head, then unfold.
#
# <details><summary>Step 4: what does the decoder hand over, and in which shape?</summary>
#
# A list with one tensor [B, N, d] for each decoder layer, all of them through one shared `LayerNorm`. A
# vector for every query and every layer; nothing in it is a box yet.
# </details>
#
# <details><summary>Step 3: does the `linear1` of an encoder layer mix tokens?</summary>
#
# No. It acts on each token alone, with the same weights for all. Only attention mixes them.
# </details>
#
# <details><summary>Step 0: which part of the image is the box (cx, cy, w, h) = (0.25, 0.5, 0.5, 1)?</summary>
#
# The left half. Centre minus and plus half the size gives the corners: (0, 0) and (0.5, 1).
# </details>

# %% locked="setup"
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from detrlab import check, compare, draw, hint, predict, progress, reveal
from detrlab.steps import load
from detrlab.toy import CLASSES, six_images

_ = torch.manual_seed(0)

# %% [markdown]
# ## Two questions for every query
#
# A *head* (not to be confused with those of attention) is the small end of a network: it reads features and answers in the terms of the task. DETR's
# features are the queries' vectors, `d` numbers each, and it asks every vector two questions.
#
# ```
#                    ┌─► class_head: 1 linear layer            ─► K + 1 logits   (what?)
#  a query's vector ─┤
#                    └─► bbox_head: 3 linear layers, a sigmoid ─► cx, cy, w, h   (where?)
# ```
#
# There is one class head and one box head. The same two serve all N queries, all images of the batch, and the
# outputs of all decoder layers (section 3.2: all prediction networks "share their parameters"). The norm at
# the end of step 4 helps here: it brings every layer's output to the same scale before the heads read it.
#
# Sharing costs you no loop. A linear layer acts on the **last** dimension and leaves all dimensions before it
# alone:

# %%
layer = nn.Linear(8, 3)
stack = torch.randn(6, 2, 5, 8)  # 6 decoder layers, 2 images, 5 queries, d = 8
at_once = layer(stack)
one = layer(stack[4, 1, 3])  # decoder layer 4, image 1, query 3, alone

print("all at once:", list(at_once.shape))
print(f"largest difference from that one alone: {(at_once[4, 1, 3] - one).abs().max():.0e}")

# %% [markdown]
# ## The class: K + 1 logits
#
# The class head gives K + 1 numbers, one for each class and one for **"no object"**: most of the N queries
# have nothing to find and need a way to say so. A softmax over all K + 1 turns them into probabilities.
#
# By hand, for the toy set's K = 3. A query gives the logits 2.0, 0.5, -1.0 for circle, square and triangle,
# and 1.0 for "no object". Exponentials: 7.39, 1.65, 0.37 and 2.72, together 12.12. So "circle" gets 7.39 /
# 12.12 = 0.61, "no object" 0.22, and the answer is a circle. The same in code for three queries; the second
# is the first with 2 more on "no object":

# %%
names = [*CLASSES, "no object"]
logits = torch.tensor([[2.0, 0.5, -1.0, 1.0], [2.0, 0.5, -1.0, 3.0], [0.2, 0.1, 0.0, 3.0]])
exponentials = logits.exp()
probabilities = exponentials / exponentials.sum(dim=-1, keepdim=True)
for row in probabilities:
    words = "   ".join(f"{name} {p:.2f}" for name, p in zip(names, row, strict=True))
    print(f"{words}   -> {names[row.argmax()]}")
print(f"largest difference from softmax: {(probabilities - logits.softmax(-1)).abs().max():.0e}")

# %% [markdown]
# From the first row to the second only the logit of "no object" rose, and the probability of "circle" fell
# from 0.61 to 0.25. For the softmax "no object" is a class like the others: they all compete for the same 1.
#
# It stops being one when predictions are read. A query whose winner is "no object" is left out, and nothing
# is drawn for it. (When DETR is *measured*, even those queries are made to name their best real class, with
# the low probability that it has; that is worth 2 AP, says section 4 under "Technical details". Nobody ever
# draws a "no object".)
#
# ### Which column is which
#
# In this course, as in the paper's code, labels are 0 to K-1 and **"no object" is the last index, K**. Some
# write-ups put it at index 0 and start the classes at 1. Both work, as long as nobody mixes them; we say
# "last" from here on.
#
# The head itself does not know which column means what. Columns get their meaning from the labels in your
# data, so **`num_classes` is the largest label + 1**, not the number of names in your list:

# %%
labels = {
    "toy set, labels 0, 1, 2": range(3),
    "20 classes, labels counted from 1": range(1, 21),
    "COCO, 80 classes with ids 1 to 90": range(1, 91),  # ten of these ids are not in use
}
for name, used in labels.items():
    K = max(used) + 1
    print(f"{name:34} num_classes = {K:2}, logits: {K + 1:2}, no object: {K}")

# %% [markdown]
# ## The box: a sigmoid, not a clamp
#
# The box head ends in four numbers that may be anything, and a box needs numbers in [0, 1]. Two ways to get
# them there are a sigmoid and a clamp (cut off below 0 and above 1). Their values look alike. Now look at the
# gradients, and at what gradient descent makes of them: a width whose raw output starts at -1 and that should
# become 0.4, with L1 as the loss.


# %%
def descend(squash, number: float = -1.0, goal: float = 0.4, steps: int = 40) -> list[float]:
    """Let a width squash(number) follow the gradient of its distance from the goal."""
    raw, path = torch.tensor(number, requires_grad=True), []
    for _ in range(steps):
        path.append(squash(raw).item())
        (slope,) = torch.autograd.grad((squash(raw) - goal).abs(), raw)
        raw = (raw - 0.2 * slope).detach().requires_grad_()
    return path


# %%
def draw_squash(axes, name: str, squash, color: str, *places: tuple[float, float]) -> None:
    """Draw value, gradient and descent of one squash, each with its name at the given place."""
    raw = torch.linspace(-5, 5, 401, requires_grad=True)
    (slope,) = torch.autograd.grad(squash(raw).sum(), raw)
    x = raw.detach()
    curves = [(x, squash(x)), (x, slope), (range(40), descend(squash))]
    for ax, curve, place in zip(axes, curves, places, strict=True):
        ax.plot(*curve, color=color)
        ax.text(*place, name, color=color)


# %%
blue, red = draw.PALETTE[0], draw.PALETTE[5]
figure = draw.new_figure(9.6, 3)
axes = figure.subplots(1, 3)
draw_squash(axes, "sigmoid", torch.sigmoid, blue, (-4.7, 0.14), (1.3, 0.2), (15, 0.34))
draw_squash(axes, "clamp", lambda raw: raw.clamp(0, 1), red, (-1.9, 0.75), (1.3, 0.92), (15, 0.02))
axes[0].set(title="value", xlabel="raw output")
axes[1].set(title="gradient", xlabel="raw output")
axes[2].set(title="a width that should become 0.4", xlabel="steps of gradient descent")
alt = (
    "Left: sigmoid and clamp rise from 0 to 1. Middle: the clamp's gradient is 1 between 0 and 1, "
    "and 0 elsewhere; the sigmoid's is a wide bump, 0.25 at its top. Right: the sigmoid's width "
    "climbs from 0.27 to 0.4 and zigzags there; the clamp's stays at 0."
)
draw.show(figure, alt)

# %% [markdown]
# Beyond its borders the clamp has gradient 0. A number that has left gets no pull back from its own error,
# however wrong it is; only what other queries and images do to the shared weights can still move it.
# And this is no rare accident: the raw outputs of an untrained head scatter around 0, which is the very
# border, so about half of all numbers would start out dead. The sigmoid's gradient is small far out (0.007 at
# ±5), but it points the right way. (The zigzag on the right is L1's doing, not the sigmoid's: its slope does
# not shrink near the goal.)
#
# Leaving the raw outputs as they are would not do either: widths could be negative, and such a box is a
# ValueError in your `generalized_box_iou`.

# %% [markdown]
# ## Can such a box leave the image?
#
# After the sigmoid all four numbers lie between 0 and 1, whatever the head says. Commit yourself before you
# run the cell after next:

# %%
predict("a box that leaves", ...)  # cx, cy, w and h in [0, 1]: can the box reach outside? "yes" or "no"

# %%
boxes = torch.tensor([[0.10, 0.30, 0.55, 0.25], [0.88, 0.80, 0.50, 0.60], [0.50, 0.53, 0.30, 0.12]])
target = {"boxes": boxes, "labels": torch.arange(3)}
figure, (ax,) = draw.image_grid(1, 1, cell=384)
words = ["leaves on the left", "leaves at the corner", "inside"]
draw.visualize(six_images()[1][0], target, ax, names=words)
ax.set(xlim=(-28, 150), ylim=(150, -28))  # a white margin around the 128 px
alt = "Three boxes on a toy image: one reaches out of it on its left side, one at the lower right corner."
draw.show(figure, alt)
left = (boxes[0, 0] - boxes[0, 2] / 2).item()
reveal("a box that leaves", f"yes: the first box begins at x = 0.10 - 0.55 / 2 = {left:.3f}")

# %% [markdown]
# The sigmoid keeps the *centre* inside the image and the *size* below that of the image. Nothing limits the two
# together.
# DETR lets such boxes be: the objects' boxes lie inside, so the loss pulls predictions there, and the paper's
# code does not cut them off at the end either (`PostProcess` in `models/detr.py`). Whoever needs corners
# inside the image clamps them after the conversion, when no gradient is needed any more.

# %% [markdown]
# ## Why centre and size, in fractions of the image?
#
# *Fractions*: the same object has the same four numbers at every resolution, and all four live on the same
# scale. So the L1 distance of step 7, a sum over the four, treats them alike and means the same for every
# image. *Centre and size*: any four numbers between 0 and 1 are a box. Two measurements:

# %%
box, guess = torch.tensor([0.4, 0.5, 0.2, 0.3]), torch.tensor([0.45, 0.52, 0.2, 0.27])
print("L1 in fractions, at any size:", round((box - guess).abs().sum().item(), 3))
for width, height in [(128, 128), (640, 480), (1333, 800)]:
    pixels = torch.tensor([width, height, width, height])
    print(f"L1 in pixels at {width} x {height}:", round(((box - guess) * pixels).abs().sum().item(), 1))

four = torch.randn(10_000, 4).sigmoid()
as_corners = (four[:, :2] < four[:, 2:]).all(dim=-1)
as_sizes = (four[:, 2:] > 0).all(dim=-1)
print(f"10,000 random outputs, read as corners: {as_corners.float().mean():.0%} are boxes at all")
print(f"10,000 random outputs, read as centre and size: {as_sizes.float().mean():.0%}")

# %% [markdown]
# What this does *not* mend: an error of 0.05 is little for a large object and everything for a small one. The
# paper says so in section 3.1, and adds GIoU to L1 for that reason (step 7).

# %% [markdown]
# ## TODO · The heads
#
# | difficulty | importance | minutes |
# |---|---|---|
# | ●○○ | ●●● | 10 |
#
# - `class_head`: **one** linear layer, from `d_model` to K + 1. What it gives are the logits; no softmax
#   here, the loss of step 7 brings its own.
# - `bbox_head`: **three** linear layers. The two hidden ones are `d_model` wide, the last one gives 4. A ReLU
#   after the first and after the second, none after the third. Then the sigmoid, on the boxes only.
#
# `forward` returns the pair (logits, boxes). It has to work for the last decoder layer alone, [B, N, d], and
# for all of them stacked, [n_layers, B, N, d]. Keep the names `class_head` and `bbox_head`; weights are
# copied in by these names.


# %% todo="heads"
class DetrPredictionHeads(nn.Module):
    """Turn each query's vector into class logits and a box (paper, section 3.2, prediction FFNs)."""

    def __init__(self, d_model: int = 256, num_classes: int = 3):
        super().__init__()
        ### BEGIN SOLUTION
        self.class_head = nn.Linear(d_model, num_classes + 1)
        self.bbox_head = nn.Sequential(
            nn.Linear(d_model, d_model),
            nn.ReLU(),
            nn.Linear(d_model, d_model),
            nn.ReLU(),
            nn.Linear(d_model, 4),
        )
        ### END SOLUTION

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits [..., K+1] and boxes [..., 4], (cx, cy, w, h) in [0, 1], from hidden [..., d]."""
        ### BEGIN SOLUTION
        logits = self.class_head(hidden)
        boxes = self.bbox_head(hidden).sigmoid()
        return logits, boxes
        ### END SOLUTION


# %% tests="heads" points=4
check.heads(DetrPredictionHeads)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.heads(DetrPredictionHeads)
### END HIDDEN TESTS

# %% [markdown] hints="heads"
# <details><summary>Hint 1 · where to look</summary>
#
# The drawing under "Two questions for every query", and the paragraph on prediction FFNs in section 3.2 of
# the paper. For the layers in a row: `nn.Sequential` in PyTorch's documentation.
# </details>
#
# <details><summary>Hint 2 · the plan</summary>
#
# In `__init__`: a linear layer for the class; for the box a sequence linear, ReLU, linear, ReLU, linear. In
# `forward`: both heads read the same input; the box head's output goes through a sigmoid; return both. No
# loop, no reshape.
# </details>
#
# <details><summary>Hint 3 · almost the line</summary>
#
# `nn.Linear(d_model, num_classes + ...)` for the class, `nn.Sequential(nn.Linear(d_model, ...),
# nn.ReLU(), ...)` for the box, and `self.bbox_head(...).sigmoid()` in `forward`.
# </details>
#
# <details><summary>Help: my boxes are all above 0.5</summary>
#
# A ReLU stands after the last layer, or there are two sigmoids. Both leave only numbers from 0.5 upwards.
# </details>
#
# <details><summary>Help: the sizes of my parameters are said to be wrong</summary>
#
# Print them: `{name: list(p.shape) for name, p in DetrPredictionHeads(8, 5).state_dict().items()}`. There
# should be four weight matrices, [6, 8] for the class and [8, 8], [8, 8], [4, 8] for the box, each with a
# bias.
# </details>
#
# <details><summary>Help: is it (w, h) or (h, w)?</summary>
#
# (w, h), because x comes before y. The paper's text and a comment in its code say "height and width", but the
# code itself reads the numbers as cx, cy, w, h (`util/box_ops.py`). The head cannot tell; the targets in the
# loss decide.
# </details>

# %% [markdown]
# ## Look at what you built
#
# Fresh heads, 20 queries, no training. The queries are random vectors on the scale that the decoder's norm
# gives them. Where will the 20 boxes be, how large, and which class will win?

# %%
predict("untrained heads", ...)  # for example "all over the image, tiny, always circle"

# %%
torch.manual_seed(0)
heads = DetrPredictionHeads(d_model=256, num_classes=3)
queries = F.layer_norm(torch.randn(20, 256), (256,))
with torch.no_grad():
    logits, boxes = heads(queries)
winners = logits.argmax(dim=-1)
counts = ", ".join(f"{(winners == label).sum()} {name}" for label, name in enumerate(names))
centres, sizes = boxes.split(2, dim=-1)
where = f"centres {centres.min():.2f} to {centres.max():.2f}"
reveal("untrained heads", f"{where}, sizes {sizes.min():.2f} to {sizes.max():.2f}; {counts}")

# %%
figure = draw.new_figure(9.6, 4)
image_ax, curve_ax = figure.subplots(1, 2)
target = {"boxes": boxes, "labels": winners}
draw.visualize(
    six_images()[1][0], target, image_ax, "20 boxes, coloured by class (pink: no object)", [""] * 4
)
raw, line = boxes.flatten().logit(), torch.linspace(-5, 5, 201)  # logit: the sigmoid undone
curve_ax.plot(line, line.sigmoid(), color="grey")
curve_ax.plot(raw, boxes.flatten(), "o", color=draw.PALETTE[5], markersize=4)
curve_ax.set(xlabel="raw output", ylabel="after the sigmoid")
spread = f"spread {raw.std():.2f} before the sigmoid, {boxes.std():.3f} after it"
curve_ax.set_title(f"their 80 numbers: {spread}", fontsize=9, loc="left")
alt = "Left: 20 nearly equal boxes around the image's centre, half as wide and half as high as it. "
draw.show(figure, alt + "Right: on a sigmoid curve all 80 numbers lie close to raw output 0.")

# %% [markdown]
# Twenty boxes, and they are almost one: centred, half as wide and half as high as the image. The numbers say
# why.
#
# - PyTorch draws a linear layer's weights between $-1/\sqrt{d}$ and $1/\sqrt{d}$. Inputs of spread 1 come out
#   with spread $1/\sqrt{3} \approx 0.58$, and a ReLU then sets half of them to 0. After three layers little
#   is left: raw outputs of spread 0.1.
# - At 0 the sigmoid gives 0.5, with slope 1/4: spread 0.1 becomes 0.025.
#
# So every number of every box is about 0.5. That is a sensible place to start from: no target is further away
# than 0.5, and the sigmoid's gradient is at its largest.
#
# The class head has one layer only, so its logits keep the spread of 0.58, and the winners differ from query
# to query. No column is favoured: on average over many queries each gets about 1 / (K + 1).

# %%
many = F.layer_norm(torch.randn(10_000, 256), (256,))
for K in (3, 91):
    with torch.no_grad():
        p = DetrPredictionHeads(256, K)(many)[0].softmax(dim=-1)
    means = f"{p.mean(dim=0).min():.3f} to {p.mean(dim=0).max():.3f}"
    silent = (p.argmax(dim=-1) == K).float().mean()
    print(f"K = {K}: 1/(K+1) = {1 / (K + 1):.3f}, means of the columns {means},", end=" ")
    print(f"'no object' wins {silent:.1%}")

# %% [markdown]
# With COCO's 92 columns an untrained model nearly always claims to see *something*. The first thing that
# training teaches, in step 9, is to say "no object".

# %% [markdown]
# ## When num_classes is too small
#
# The rule was the largest label + 1. And what if it is less? Two of COCO's ids in a model with a column for
# each of the 80 *names*, and "no object" at 80:

# %%
toaster, sink = 80, 81
loss = F.cross_entropy(torch.zeros(1, 80 + 1), torch.tensor([toaster]))
print(f"toaster: a loss of {loss:.2f} and no complaint")
try:
    F.cross_entropy(torch.zeros(1, 80 + 1), torch.tensor([sink]))
except IndexError as error:
    print("sink: IndexError,", error)

# %% [markdown]
# COCO has 80 classes, but its ids begin at 1, have gaps and go up to 90: K = 91, and the head has 92 outputs
# (function `build` of `models/detr.py` in facebookresearch/detr). Eleven columns stay idle, which does no
# harm, say the authors ([issue 108](https://github.com/facebookresearch/detr/issues/108)). The traps are
# elsewhere:
#
# | trap | what happens |
# |---|---|
# | num_classes = 80 with COCO's own ids | The first sink (id 81) stops the training, as above. Worse: a toaster (id 80) *is* "no object" then, and no error says so. |
# | num_classes = K, labels counted from 1 | The last class has label K: it is taught as "no object" and is never found. |
# | a data set for torchvision's Faster R-CNN, with the background at 0 | Its labels start at 1. Set num_classes to the largest label + 1 (column 0 stays idle), or subtract 1 everywhere. Do neither, and it is the trap above. |
# | "no object" counted as a class of its own | num_classes is one too large: an idle column, and "no object" one further right. Harmless while all parts use the same K. |
#
# The silent ones are the dangerous ones. When a class is never found, look at its label first.

# %% [markdown] locked="question_normalised_boxes"
# ## Written question · why this form of a box?
#
# Give **two** reasons for predicting boxes as (cx, cy, w, h) in fractions of the image: one for *fractions*
# instead of pixels, and one for *centre and size* instead of two corners. For each, say what would go wrong
# in the heads or in the loss without it. Three to five sentences. (2 points)

# %% [markdown] written="normalised_boxes" points=2
# **Model answer.** *Fractions:* an object keeps its numbers when the image is resized, and all four numbers
# lie in [0, 1], the range of a sigmoid. With pixels the same relative mistake would give a ten times larger
# L1 in a ten times larger image, so large images would dominate the loss and its weights (5 for L1, 2 for
# GIoU) would fit one resolution only; the head would also have to produce numbers in the hundreds from
# weights that start out giving numbers around 0. *Centre and size:* any four outputs in (0, 1) make a box
# with positive width and height, so that GIoU is defined from the first step on. Two corners from two
# sigmoids can be in the wrong order: three quarters of random outputs are no boxes. Besides, moving an object
# changes two numbers, the centre, and not all four.
#
# **Rubric.** 1 point for fractions: independent of the image's size, or one common range (sigmoid, L1
# comparable across images and across the four numbers), with what fails otherwise. 1 point for centre and
# size: always a valid box, or place and size as separate quantities, with what fails otherwise. Half a point
# for a reason without its consequence. "The paper does it" is no reason.

# %% [markdown]
# ## Where the six images stand
#
# Everything from pixels to boxes exists now. Put it together: your own steps 1 to 4, two layers each, ten
# queries, and no training at all. (On day 5, step 8 makes a proper model of it.)

# %%
torch.manual_seed(0)
size = {"d_model": 64, "n_heads": 4, "dim_ff": 128}
backbone = load("01_backbone").Backbone(d_model=64, name="tiny").eval()
positional_encoding = load("02_positional_encoding").PositionalEncoding2D(d_model=64)
encoder = load("03_encoder").TransformerEncoder(n_layers=2, **size).eval()
decoder = load("04_decoder").TransformerDecoder(n_layers=2, **size).eval()
query_embed = nn.Embedding(10, 64)
heads = DetrPredictionHeads(d_model=64, num_classes=3).eval()


# %%
@torch.no_grad()
def read_queries(images: Tensor) -> Tensor:
    """Return the query vectors [n_layers, B, N, d] after each decoder layer, for images [B, 3, H, W]."""
    features = backbone(images)
    src = features.flatten(2).transpose(1, 2)
    pos = positional_encoding(features).flatten(2).transpose(1, 2)
    query_pos = query_embed.weight.expand(len(images), -1, -1)
    return torch.stack(decoder(torch.zeros_like(query_pos), encoder(src, pos), pos, query_pos))


# %%
vectors = read_queries(torch.stack([image for image, _ in six_images()]))
with torch.no_grad():
    logits, boxes = heads(vectors)
print("vectors", list(vectors.shape), "-> logits", list(logits.shape), "and boxes", list(boxes.shape))
for name, values in (("vectors", vectors), ("boxes", boxes)):
    over_queries, over_images = values[-1].std(dim=1).mean(), values[-1].std(dim=0).mean()
    print(f"spread of the {name}: {over_queries:.4f} over ten queries, {over_images:.4f} over six images")


# %%
def detect(images: Tensor) -> list[dict[str, Tensor]]:
    """Return every query's box with its best real class: the column of "no object" is dropped."""
    with torch.no_grad():
        logits, boxes = heads(read_queries(images)[-1])
    labels = logits[..., :-1].argmax(dim=-1)
    return [{"boxes": b, "labels": found} for b, found in zip(boxes, labels, strict=True)]


draw.six_so_far(detect, "ten boxes each, all of them in the middle: nobody has been taught anything yet")

# %% [markdown]
# The model's first boxes: ten in every image, one on top of the other. They hardly depend on the query, and
# hardly on the image. The heads shrink all differences, as you saw. And there is little to shrink: the
# decoder starts from zeros for every query, and its untrained attention spreads over all tokens, so all
# queries gather nearly the same mixture. Ten nearly equal vectors get ten nearly equal answers, one
# label for all of them included: the 20 queries before were random and unlike one another, these ten are not.
#
# To become ten different answers, each query must learn which object is *its* object. Who decides that? The
# matcher of step 6.
