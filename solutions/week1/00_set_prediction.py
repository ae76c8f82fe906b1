# %% [markdown]
# # Step 0 · Set prediction
#
# **Day 1 · about 75 minutes · 6 points for code, 2 for writing**
#
# A detector looks at an image and answers with boxes. Before 2020 the usual recipe was to answer many times
# for every object and to throw most of the answers away. DETR, the *DEtection TRansformer*, answers once.
# This week you write it, train it on a laptop, and look inside. Today: what the old recipe does, why it has
# to throw answers away, and the two box functions that the new recipe stands on.
#
# *What you will have at the end:* corners from centres, the generalised IoU of any two lists of boxes, and
# a written guess at where all this might fail.
#
# *Read first:* nothing. [The paper](https://arxiv.org/abs/2005.12872), sections 1 and 3.1, comes at the end
# of this notebook and takes another 30 minutes. Your guess is worth more if you write it down before.
# *Not covered:* how a network arrives at its boxes. That is the rest of the week.

# %% [markdown]
# ## Your week
#
# | day | notebooks | what you add |
# |---|---|---|
# | 1 | 00 set prediction (this one), the paper, 01 backbone | boxes, and an image turned into tokens |
# | 2 | 02 positional encoding, 03 encoder | tokens that know where they are and talk to each other |
# | 3 | 04 decoder, 05 heads | object queries that turn into classes and boxes |
# | 4 | 06 matcher, 07 loss | who is responsible for which object, and how wrong it was |
# | 5 | 08 DETR, 09 training | the whole model, trained by you on a CPU |
# | 6 | 10 inference and attention | detections, and where each query looks |
# | 7 | 11 experiments, 12 recap | what happens when you take parts away |
#
# At the end of it you can, and notebook 12 checks that you can:
#
# 1. explain without jargon why DETR needs neither anchors nor non-maximum suppression (NMS);
# 2. say what an object query is, and how N queries give N predictions;
# 3. explain bipartite matching, and why set prediction then trains end to end;
# 4. build a small DETR and train it on a toy set on a CPU;
# 5. show what each query attends to.

# %% [markdown]
# ## How these notebooks work
#
# Run cells from top to bottom with **Shift+Enter**. You meet four kinds of them:
#
# - **TODO**: a function with an empty body. Put your code in the place of `raise NotImplementedError`.
# - **Check**: one line below each TODO. It answers `○` (nothing here yet), `✗` and one sentence (what is
#   wrong), or `✓`. Run it as often as you like. When you hand in, more checks of the same kind run on other
#   inputs.
# - **Predict, then run**: write your guess in the place of the three dots, *before* you run the next cell.
#   Nobody grades it.
# - **Written question**: double-click the answer cell below it and write. A person reads it.
#
# Three helpers work in any cell of your own (in JupyterLab: press Esc, then B, and a new one opens below):
#
# - `hint("name_of_the_check")` shows the first hint and, called again, the next. The same hints are folded
#   below each check.
# - `progress()` shows the week in a table: what has passed, what is next, about how many minutes are left.
# - `compare("name_of_the_check")` sets your answer beside the solution's, once the check has passed and
#   where the solutions are at hand.
#
# "Run All" stops at the first check that you have not passed: that is intended. Where a later notebook
# builds on a step that you have not finished, a stand-in takes its place, so you can begin any day.
#
# The button *Validate* above the notebook runs all of it once more and lists the checks that do not pass
# and the answers that are empty. It gives each cell 30 seconds, too few for the training of step 9. Its
# "passes all the tests" means those that you can see.

# %% locked="setup"
import torch
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from torch import Tensor

from detrlab import check, compare, draw, hint, predict, progress, reveal
from detrlab.toy import CLASSES, ToyDetectionDataset, make_synthetic_sample

# %% [markdown]
# ## What is there to say about a picture?
#
# The toy data of the week: circles, squares and triangles (K = 3 classes) in random colours on a noisy
# background, 1 to 5 to an image, 128 px wide. An image is made from two numbers, `(seed, index)`, and is
# the same on every computer.

# %%
dataset = ToyDetectionDataset(num_samples=1000, seed=0)
samples = [dataset[index] for index in (3, 8, 12, 23)]
counts = [len(target["labels"]) for _, target in samples]
figure = draw.gallery(samples, titles=[f"{count} objects" for count in counts])
draw.show(figure, f"Four toy images with their objects boxed and named; they hold {counts} objects.")

image, target = samples[0]
for label, box in zip(target["labels"].tolist(), target["boxes"].tolist(), strict=True):
    print(f"{CLASSES[label]:9}", [round(number, 3) for number in box])

# %% [markdown]
# So the answer to an image is a list of labels and boxes, and two things about it are awkward for a
# network. Its **length** differs from image to image. And its **order** means nothing: circle first or
# triangle first, it is the same answer. What we want is a *set*, and a loss that compares your first box
# with the first of the list would punish right answers.

# %% [markdown]
# ## Two ways to write a box
#
# The four numbers above are $(c_x, c_y, w, h)$: centre, width and height, in units of the image, so between
# 0 and 1. DETR predicts this form. Areas and overlaps are easier with two corners, $(x_0, y_0, x_1, y_1)$:
# top left and bottom right, because **y grows downwards** in images.
#
# Take $(0.5,\ 0.5,\ 0.2,\ 0.4)$. Half of the width goes to each side of the centre, half of the height
# above and below it. The left edge lies at $0.5 - 0.1 = 0.4$, the top at $0.5 - 0.2 = 0.3$, and the corners
# are $(0.4,\ 0.3,\ 0.6,\ 0.7)$.
#
# All week, boxes are (cx, cy, w, h) in [0, 1] unless a name says `xyxy` or a
# docstring says (x0, y0, x1, y1).

# %% [markdown]
# ## TODO 1 · From centres to corners
#
# | difficulty | importance | minutes |
# |---|---|---|
# | ●○○ | ●●● | 8 |
#
# The four numbers stand in the **last** dimension; whatever comes before it (nothing, a list, a batch of
# lists) has to come out as it went in. Use tensor operations from end to end, because on day 4 gradients
# flow back through this function. A box may stick out of the image: leave its corners where they are.
#
# Return a new tensor: whoever passes `boxes` still needs them as they were. That holds for the tensors
# that any TODO of this course is given. And write it yourself: what a library has for a TODO, here
# torchvision's `box_convert`, is out of reach while your answer is checked. Elsewhere, use it as you like.


# %% todo="box_cxcywh_to_xyxy"
def box_cxcywh_to_xyxy(boxes: Tensor) -> Tensor:
    """Turn boxes (cx, cy, w, h) [..., 4] into corners (x0, y0, x1, y1) [..., 4], in the same units."""
    ### BEGIN SOLUTION
    cx, cy, w, h = boxes.unbind(-1)
    corners = [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2]
    return torch.stack(corners, dim=-1)
    ### END SOLUTION


# %% tests="box_cxcywh_to_xyxy" points=2
check.box_cxcywh_to_xyxy(box_cxcywh_to_xyxy)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.box_cxcywh_to_xyxy(box_cxcywh_to_xyxy)
### END HIDDEN TESTS

# %% [markdown] hints="box_cxcywh_to_xyxy"
# <details><summary>Hint 1 · where to look</summary>
#
# `Tensor.unbind` in PyTorch's documentation takes a tensor apart along one dimension; `torch.stack` puts
# tensors together along a new one. Both take a `dim`, and -1 means the last.
# </details>
#
# <details><summary>Hint 2 · the plan</summary>
#
# Take the boxes apart into four tensors. Left and top edge: centre minus *half* the size. Right and bottom
# edge: centre plus half. Stack the four edges along the last dimension, in the order x0, y0, x1, y1.
# </details>
#
# <details><summary>Hint 3 · almost the line</summary>
#
# `boxes.unbind(-1)` gives you four tensors; then `torch.stack([cx - w / 2, ..., ..., ...], dim=-1)`.
# </details>
#
# <details><summary>Help: my result has the shape [4, 5] instead of [5, 4]</summary>
#
# You stacked along the first dimension, which is the default. Say `dim=-1`.
# </details>
#
# <details><summary>Help: it works for a list of boxes and breaks for a batch of lists</summary>
#
# `boxes[:, 0]` picks from the *second* dimension. `boxes[..., 0]` picks from the last, however many there
# are.
# </details>

# %% [markdown]
# ### Look at what you built
#
# One image, its boxes drawn from your corners. This scene serves the rest of the notebook. It is a toy
# image with one thing added: a second square in front of the first. The toy generator allows slight
# overlaps only; the world is less tidy.

# %%
scene, target = make_synthetic_sample(seed=0, index=27)
objects = (box_cxcywh_to_xyxy(target["boxes"]) * 128).tolist()  # in pixels
x0, y0, x1, y1 = (round(edge) - 10 for edge in objects[0])
scene[:, y0:y1, x0:x1] = torch.tensor([0.93, 0.93, 0.8])[:, None, None]
objects.append([x0, y0, x1, y1])
COLORS = draw.PALETTE[:1] + draw.PALETTE[3:6]  # one colour per object, not per class


def outline(box, ax, color, width=2):
    """Draw the outline of a box (x0, y0, x1, y1) in pixels, with a white rim."""
    x0, y0, x1, y1 = box
    rim = [withStroke(linewidth=width + 1.5, foreground="white")]
    place = (x0 - 0.5, y0 - 0.5)  # Matplotlib draws pixel 0 from -0.5 to 0.5
    ax.add_patch(Rectangle(place, x1 - x0, y1 - y0, fill=False, ec=color, lw=width, path_effects=rim))


# %%
ax = draw.visualize(scene, None, title="four objects, their corners as dots")
for box, color in zip(objects, COLORS, strict=True):
    outline(box, ax, color)
    ax.plot(box[0::2], box[1::2], "o", color=color, markeredgecolor="white", clip_on=False)
    print("corners in pixels:", [round(edge) for edge in box])
draw.show(ax.figure, "A toy image with a circle, a triangle and two squares that overlap, each boxed.")

# %% [markdown]
# ## How much do two boxes overlap?
#
# The usual answer is **IoU**, *intersection over union*: the area that both boxes cover, divided by the
# area that at least one covers. It is 1 for equal boxes and 0 for boxes that do not overlap, whatever their
# size.
#
# By hand: the blue box below is 4 × 3, the orange one 4 × 4. They share 2 × 2 = 4. The union is
# $12 + 16 - 4 = 24$: without the minus, the shared part would count twice. IoU = 4/24 ≈ 0.17.

# %%
first, second = (0, 0, 4, 3), (2, 1, 6, 5)


def draw_pair(ax, title):
    """Draw the two boxes of the worked example, with the part that they share."""
    for (x0, y0, x1, y1), color in ((first, draw.PALETTE[0]), (second, draw.PALETTE[1])):
        ax.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, color=color, alpha=0.45, lw=0))
    ax.add_patch(Rectangle((2, 1), 2, 2, fill=False, hatch="//", lw=0))
    ax.set(xlim=(-0.3, 6.3), ylim=(5.3, -0.3), aspect="equal", title=title)


figure = draw.new_figure(3.6, 3.2)
draw_pair(figure.add_subplot(), "4 of 24 shared: IoU = 0.17")
draw.show(figure, "Two boxes on a grid, 4 by 3 and 4 by 4; the part that they share, 2 by 2, is hatched.")


# %%
def iou(first, second):
    """Return the intersection over union of two boxes (x0, y0, x1, y1)."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    intersection = max(width, 0) * max(height, 0)  # where they do not meet, one side is negative
    area1 = (first[2] - first[0]) * (first[3] - first[1])
    area2 = (second[2] - second[0]) * (second[3] - second[1])
    return intersection / (area1 + area2 - intersection)


print(f"by hand {4 / 24:.3f}, by code {iou(first, second):.3f}")
print(f"the two squares of the scene: {iou(objects[0], objects[3]):.2f}")

# %% [markdown]
# ## The old recipe
#
# How do you get a list of unknown length out of a network of fixed shape? The answer of Faster R-CNN,
# RetinaNet and YOLO (versions 2 and 3) is to ask about *every* place. Lay a grid of ready-made
# boxes over the image, the **anchors**, in a few sizes at each grid point. For each of them the network
# gives a score ("is this an object?") and a small correction. Faster R-CNN puts 9 anchors at each of about
# 2,400 points ([Ren et al. 2015](https://arxiv.org/abs/1506.01497), section 3.1.1); RetinaNet scores about
# 100,000 to an image ([Lin et al. 2017](https://arxiv.org/abs/1708.02002), section 4). Faster R-CNN asks
# twice: the boxes that survive the first round, its *proposals*, are scored and corrected once more.
# RetinaNet and YOLO ask once.
#
# Here is the recipe in miniature: 256 grid points, 4 sizes. There is no network, so the scores are made up,
# and this is how: **the score of an anchor is its IoU with the object that it fits best, plus a little
# noise.** A trained scorer does something like it, since its job is to tell good anchors from bad ones. The
# corrections are left out. Anchors above 0.5 are candidates.

# %%
grid = range(4, 128, 8)
anchors = [
    (x - side / 2, y - side / 2, x + side / 2, y + side / 2)
    for y in grid
    for x in grid
    for side in (16, 24, 32, 48)
]
SEED = 0
noise = 0.05 * torch.randn(len(anchors), generator=torch.Generator().manual_seed(SEED))
best_iou = torch.tensor([max(iou(anchor, box) for box in objects) for anchor in anchors])
scores = (best_iou + noise).tolist()
candidates = [number for number, score in enumerate(scores) if score > 0.5]
print(f"{len(anchors)} anchors, {len(candidates)} candidates, {len(objects)} objects")

# %% [markdown]
# Several candidates for each object: neighbouring anchors fit it almost equally well, so they get almost
# equal scores. Nothing in the training asks them to agree on one. So a filter comes after the network,
# **non-maximum suppression** (NMS): keep the best candidate, delete all others that overlap it by more than
# a threshold, and go on with the best that is left. The threshold is chosen by hand: 0.7 for the proposals
# of Faster R-CNN (section 3.3), 0.5 in RetinaNet (section 4.1).


# %%
def nms(threshold):
    """Return the candidates that greedy non-maximum suppression keeps, best first."""
    left, kept = sorted(candidates, key=lambda number: -scores[number]), []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [other for other in left if iou(anchors[best], anchors[other]) <= threshold]
    return kept


# %%
predict("boxes after NMS", ...)  # four objects, threshold 0.5: how many boxes are left?

# %%
reveal("boxes after NMS", f"{len(nms(0.5))} of {len(candidates)} candidates are left")

# %% [markdown]
# Move the threshold and watch. Can you find one that leaves exactly one box for each object? (The slider
# needs a running notebook. The figure below it shows three settings to those who only read.)


# %%
def show_kept(kept, ax, title):
    """Draw candidates over the scene in the colour of the object that each fits best; return these."""
    draw.visualize(scene, None, ax, title)
    fits = [max(range(4), key=lambda number: iou(anchors[one], objects[number])) for one in kept]
    for one, number in zip(kept, fits, strict=True):
        outline(anchors[one], ax, COLORS[number], width=1.5)
    return set(fits)


# %%
from ipywidgets import FloatSlider, interactive


def explore(threshold):
    """Draw what NMS leaves at this threshold."""
    figure, [ax] = draw.image_grid(1, 1, cell=384)
    kept = nms(threshold)
    found = show_kept(kept, ax, f"threshold {threshold:.2f}: {len(kept)} boxes left")
    draw.show(figure, f"{len(kept)} boxes are left; they cover {len(found)} of the 4 objects.")


interactive(explore, threshold=FloatSlider(value=0.5, min=0.05, max=0.95, step=0.05))

# %%
figure, axes = draw.image_grid(1, 4)
settings = {"before NMS": candidates} | {f"NMS at {value}": nms(value) for value in (0.5, 0.3, 0.1)}
words = []
for ax, (name, kept) in zip(axes, settings.items(), strict=True):
    found = show_kept(kept, ax, f"{name}: {len(kept)} boxes")
    words.append(f"{name}: {len(kept)} boxes, which cover {len(found)} of the 4 objects")
draw.show(figure, f"The scene with the boxes that are left. {'. '.join(words)}.")

right = [value / 20 for value in range(1, 20) if len(nms(value / 20)) == 4]
print("\n".join(words))
print(f"thresholds from 0.05 to 0.95 that leave exactly four boxes: {right or 'none'}")

# %% [markdown]
# A high threshold leaves **duplicates**. A low one deletes a **true object**: the two squares overlap, so
# the candidate of one counts as a duplicate of the other. In this scene no setting is right. That is not
# always so: set `SEED = 2` in the cell with the anchors, run on, and some settings are. But which ones
# depends on the image, the detector is not told, and nothing in this filter learns. (In practice NMS runs
# for each class apart. It would not help here: both are squares.)

# %% [markdown]
# ## The pivot
#
# The filter is there because the network was never asked for a set. DETR asks for one:
#
# - **N queries instead of anchors.** The model always gives N predictions, each a class and a box, all at
#   once. A *query* is a vector of learned numbers, one for each prediction; how it turns into a box is step
#   4. N is fixed and larger than the number of objects to expect; the paper uses 100.
# - **"No object" is a class.** A query with nothing to report says so. That is how a fixed length holds a
#   set of any size up to N. (A class "background" is not new, says section 3.2; new is who has to say it.)
# - **One-to-one matching.** In training, before the loss is computed, each object is assigned to exactly
#   one query, in the way that is cheapest overall: a query is cheap for an object if its class and its box
#   fit (step 6 makes that a number). That query is *matched*; all others are to say "no object". A second
#   box on the same object is now an *error*, and the loss punishes it. And since the matching is free to
#   pick any query, the order of the list no longer matters.
#
# | | the old recipe | DETR |
# |---|---|---|
# | starts from | thousands of anchors on a grid | N learned queries |
# | in training, an object has | many positives, every anchor that overlaps it enough; or one, with near misses excused (YOLOv3) | one, the matched query; nobody else is excused |
# | duplicates are removed | afterwards, by NMS | in training, by the loss |
# | background | a low score, or a class "background" | the class "no object", said by every unmatched query |
# | set by hand | anchor sizes and shapes, overlap thresholds, NMS threshold | N, and the weights of the loss |
#
# No filter comes after the network any more, so everything between image and set can be trained, end to
# end. What it costs, you will see on days 4 and 5.
#
# <details><summary>Where the table comes from</summary>
#
# Faster R-CNN: an anchor is positive if its IoU with an object is above 0.7, or the highest for that object
# (section 3.1.2). RetinaNet: at 0.5 and above (section 4). YOLO took up anchors in version 2 ([Redmon and
# Farhadi 2016](https://arxiv.org/abs/1612.08242), section 2). YOLOv3: one anchor for each object; others above
# 0.5 are ignored ([2018](https://arxiv.org/abs/1804.02767), section 2.1). DETR: sections 1, 3.1 and 3.2 of the
# paper, and section 2.3 on how earlier detectors depend on their first guesses.
# </details>

# %% [markdown]
# ## Where IoU falls silent
#
# To decide which query is cheapest for an object, and then to pull its box onto the object, we need to say
# how well two boxes fit. IoU is the natural candidate. But what does it tell a box that misses its object?

# %%
predict("far away", ...)  # a box lies beside its target, not touching: what is the gradient of IoU?

# %%
target_box = torch.tensor([0.0, 0.0, 1.0, 1.0])
for left in (1.5, 5.0):
    box = torch.tensor([left, 0.0, left + 1, 1.0], requires_grad=True)
    overlap = iou(box, target_box)
    overlap.backward()
    print(f"a gap of {left - 1}: IoU {overlap.item()}, gradient {box.grad.tolist()}")
reveal("far away", "zero in every coordinate, whether the box is near or far")

# %% [markdown]
# No gradient, no direction: a near miss and a far miss look the same. **Generalised IoU** (GIoU,
# [Rezatofighi et al. 2019](https://arxiv.org/abs/1902.09630)) repairs it with one more box: the *hull*, the
# smallest box that encloses both. It takes away from IoU the share of the hull that belongs to neither:
#
# $$\text{GIoU} = \text{IoU} - \frac{|\text{hull}| - |\text{union}|}{|\text{hull}|}$$
#
# In the worked example the hull is $6 \times 5 = 30$, and $30 - 24 = 6$ of it belong to neither box. GIoU =
# 4/24 − 6/30 ≈ −0.03. The further two boxes lie apart, the emptier their hull: GIoU sinks towards −1. Equal
# boxes have 1, as before.

# %%
figure = draw.new_figure(3.6, 3.2)
ax = figure.add_subplot()
ax.add_patch(Rectangle((0, 0), 6, 5, fill=False, ls="--", lw=2))
draw_pair(ax, "6 of 30 in neither: GIoU = −0.03")
draw.show(
    figure, "The same two boxes with their hull, 6 by 5, dashed; two corners of it belong to neither."
)

# %% [markdown]
# ## TODO 2 · Generalised IoU, all pairs at once
#
# | difficulty | importance | minutes |
# |---|---|---|
# | ●●○ | ●●● | 20 |
#
# Compare **every** box of one list with **every** box of the other: entry $(i, j)$ of the result belongs to
# `boxes1[i]` and `boxes2[j]`. On day 4 the matcher calls it with all queries of an image against all
# objects, so do it by broadcasting, without a Python loop: `boxes1[:, None]` has the shape [N, 1, 4],
# `boxes2[None]` has [1, M, 4], and an operation between the two covers all pairs, [N, M, ...].
#
# What the function `iou` above does for one pair, and three things more:
#
# 1. the hull, and with it GIoU;
# 2. boxes without area (points, lines) are allowed. Two of them can have a union or a hull of area 0: the
#    result has to stay **finite and in [−1, 1]**, so keep the denominators from being 0;
# 3. a box with `x1 < x0` or `y1 < y0` is no box. Raise a `ValueError`: it is the sign of boxes in the wrong
#    form, and it should be heard here and not three days later as a loss that does not fall.
#
# Boxes may be in any unit, pixels too. Either list may be empty. torchvision's own functions
# (`generalized_box_iou`, `box_iou` and their kin) are out of reach while your answer is checked.


# %% todo="generalized_box_iou"
def generalized_box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """Return the GIoU [N, M] of each of boxes1 [N, 4] with each of boxes2 [M, 4], all (x0, y0, x1, y1).

    Finite and in [-1, 1] for boxes without area too. ValueError where x1 < x0 or y1 < y0.
    """
    ### BEGIN SOLUTION
    for boxes in (boxes1, boxes2):
        if (boxes[:, 2:] < boxes[:, :2]).any():
            raise ValueError("a box needs x0 <= x1 and y0 <= y1; are these boxes (cx, cy, w, h)?")
    first, second = boxes1[:, None], boxes2[None]  # [N, 1, 4] and [1, M, 4]
    area1 = (first[..., 2:] - first[..., :2]).prod(dim=-1)
    area2 = (second[..., 2:] - second[..., :2]).prod(dim=-1)

    low = torch.maximum(first[..., :2], second[..., :2])
    high = torch.minimum(first[..., 2:], second[..., 2:])
    intersection = (high - low).clamp(min=0).prod(dim=-1)
    union = area1 + area2 - intersection

    hull_low = torch.minimum(first[..., :2], second[..., :2])
    hull_high = torch.maximum(first[..., 2:], second[..., 2:])
    hull = (hull_high - hull_low).prod(dim=-1)

    tiny = 1e-9  # far below the area of any box that matters
    iou = intersection / union.clamp(min=tiny)
    return iou - (hull - union) / hull.clamp(min=tiny)
    ### END SOLUTION


# %% tests="generalized_box_iou" points=4
check.generalized_box_iou(generalized_box_iou)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.generalized_box_iou(generalized_box_iou)
### END HIDDEN TESTS

# %% [markdown] hints="generalized_box_iou"
# <details><summary>Hint 1 · where to look</summary>
#
# The function `iou` above has every step but the hull. `torch.maximum` and `torch.minimum` compare two
# tensors number by number and broadcast; `Tensor.clamp(min=...)` keeps numbers from falling below a bound.
# If broadcasting is new to you, read "Broadcasting semantics" in PyTorch's documentation first.
# </details>
#
# <details><summary>Hint 2 · the plan</summary>
#
# 1. For both lists: if any `x1 < x0` or `y1 < y0`, raise.
# 2. Give both lists a dimension of 1, so that they meet as [N, 1, 4] and [1, M, 4].
# 3. Intersection: the *larger* of the low corners, the *smaller* of the high corners; sides below 0 become
#    0; width times height.
# 4. Union: the two areas minus the intersection.
# 5. Hull: the *smaller* of the low corners, the *larger* of the high corners; width times height.
# 6. IoU minus the empty share of the hull, with both denominators kept above 0.
# </details>
#
# <details><summary>Hint 3 · almost the line</summary>
#
# `low = torch.maximum(boxes1[:, None, :2], boxes2[None, :, :2])` has the shape [N, M, 2]; `high` is the
# minimum over the columns `2:`, and `(high - low).clamp(min=0).prod(dim=-1)` is the intersection [N, M].
# The hull is the same with minimum and maximum exchanged.
# </details>
#
# <details><summary>Help: "The size of tensor a must match the size of tensor b"</summary>
#
# Print the shapes of the two tensors in that line. Somewhere [N, 4] meets [M, 4], or an area [N] meets an
# area [M]: the first needs a dimension of 1 at its end, `area1[:, None]`.
# </details>
#
# <details><summary>Help: boxes that do not touch come out with an IoU above 0</summary>
#
# If they miss each other in x *and* in y, both sides of the "intersection" are negative and their product
# is positive. Clamp each side, not the product.
# </details>
#
# <details><summary>Help: I get NaN</summary>
#
# That is 0 / 0: two boxes without area. Clamp the denominators at a number much smaller than any area that
# matters, such as 1e-9.
# </details>

# %% [markdown]
# ### Look at what you built
#
# A box of width 1 starts on its target and slides away to the right. IoU against your GIoU:

# %%
shift = torch.linspace(0, 3, 121)
target_box = torch.tensor([[0.0, 0.0, 1.0, 1.0]])
moving = target_box + shift[:, None] * torch.tensor([1.0, 0.0, 1.0, 0.0])
giou_curve = generalized_box_iou(moving, target_box)[:, 0]
iou_curve = torch.stack([iou(box, target_box[0]) for box in moving])

figure = draw.new_figure(6.4, 3.2)
ax = figure.add_subplot()
curves = (("GIoU", giou_curve, draw.PALETTE[0], 6), ("IoU", iou_curve, draw.PALETTE[1], 2.5))
for name, curve, color, width in curves:
    ax.plot(shift, curve, color=color, lw=width)
    ax.text(3.06, curve[-1], name, color=color, va="center", fontweight="bold")
ax.axvline(1, color="grey", lw=1, ls=":")
ax.text(1.04, 0.9, "from here on they do not touch", color="grey")
ax.set(xlabel="shift, in widths of the box", xlim=(0, 3), ylim=(-0.7, 1.05))
ax.spines[["top", "right"]].set_visible(False)
draw.show(
    figure, "IoU and GIoU fall together from 1 to 0; then IoU stays 0 and GIoU goes on falling to -0.5."
)

# %% [markdown]
# As long as these two overlap, they have no empty corner in their hull, and IoU and GIoU are the same.
# Where they part, IoU goes flat and GIoU follows the same curve on, below zero. There is a slope at every
# distance.
#
# Does the slope lead home? Two boxes start away from their target and follow the gradient, one of
# $1 - \text{IoU}$, one of $1 - \text{GIoU}$. The second goes through *both* of your functions.


# %%
def walk(measure, steps=120):
    """Move a box by gradient descent on 1 - measure; return its corners at each step, and the target."""
    goal = torch.tensor([[0.6, 0.5, 0.9, 0.8]])
    box = torch.tensor([[0.2, 0.25, 0.2, 0.2]], requires_grad=True)  # cx, cy, w, h
    optimizer, path = torch.optim.Adam([box], lr=0.01), []
    for _ in range(steps):
        corners = box_cxcywh_to_xyxy(box)
        path.append(corners[0].tolist())
        optimizer.zero_grad()
        (1 - measure(corners, goal)).sum().backward()
        optimizer.step()
    return path, goal[0].tolist()


# %%
def draw_walk(ax, name, measure):
    """Draw where the box was after some of the steps; return its IoU with the target at the end."""
    path, goal = walk(measure)
    ax.add_patch(Rectangle(goal[:2], 0.3, 0.3, color=draw.PALETTE[2], alpha=0.4, lw=0))
    steps = (0, 10, 20, 40, 119) if path[119] != path[0] else (0,)
    for step in steps:
        x0, y0, x1, y1 = path[step]
        ax.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, ec=draw.PALETTE[0], lw=2))
        ax.text(x0, y0, step if len(steps) > 1 else "0 to 119", color=draw.PALETTE[0], va="bottom")
    ax.set(xlim=(0, 1), ylim=(1, 0), aspect="equal", title=f"guided by {name}")
    return iou(path[-1], goal)


# %%
figure = draw.new_figure(7.2, 3.4)
left, right = figure.subplots(1, 2)
by_iou = draw_walk(left, "IoU", lambda boxes, goals: iou(boxes[0], goals[0]))
by_giou = draw_walk(right, "GIoU", generalized_box_iou)
words = f"IoU with the target at the end: {by_iou:.2f} guided by IoU, {by_giou:.2f} guided by GIoU"
draw.show(figure, f"A box and its target, twice: guided by IoU it stays, by GIoU it arrives. {words}.")
print(words)

# %% [markdown]
# Numbers are steps; the target is green. IoU leaves its box where it was. GIoU first makes its box *grow*
# until it reaches the target, because a larger box leaves less of the hull empty; from the first touch on,
# IoU joins in and pulls it into place.

# %% [markdown]
# ## The symbols of the week
#
# | symbol | what it counts | in the paper and its code |
# |---|---|---|
# | B | images in a batch | 64 in all, on 16 GPUs (section 4) |
# | d_model | channels of every token and query | 256 (`main.py`) |
# | N | queries, so also predictions | 100 (`main.py`) |
# | K | classes, without "no object". Labels are 0 to K − 1, and **"no object" is the last index, K** | 91 for COCO; 3 for the toy set |
# | H, W | height and width of the image; H', W' those of the feature map | at most 1333 px (section 4); 128 × 128 for the toy set |
#
# Two more stand in shapes now and then: L = H'W' tokens, M objects. (The paper writes $H_0, W_0$ for the
# image and $H, W$ for the feature map.)
#
# Why 91, when COCO has 80 classes? Its class ids run from 1 to 90 with holes in between, and the reference
# uses the ids as labels without renumbering them: largest id + 1 = 91. So its class head has 92 outputs: 80
# classes, "no object", and 11 that stand for nothing. The comment in `build()` in `models/detr.py` says so,
# and step 5 comes back to it.

# %% [markdown] locked="question_expectations"
# ## Written question · before you read the paper
#
# You know the idea now: N queries, one-to-one matching, "no object". From this alone: **what do you expect
# to be hard** about making it work, and **where might it fail** although it is trained well? One or two
# sentences each, with your reason. You are not graded on being right. Keep your answer: at the end of the
# week you will know how well you guessed. (2 points)

# %% [markdown] written="expectations" points=2
# **Model answer.** *Hard:* at the start no query has any reason to take one object rather than another, so
# the matching may give an object to a different query at every step; and of 100 queries perhaps 5 are
# matched, so there is little to learn a box from and much to learn "no object" from. I expect training to
# be slow. *Where it may fail:* on an image with more objects than queries some must be missed, whatever the
# training. And I expect small objects to suffer if the network looks at a coarse feature map.
#
# (The paper reports long training, 500 epochs for its best models, and on small objects less than Faster
# R-CNN with the same backbone, 20.5 against 26.6 AP, while large ones do better, 61.1 against 53.4: section
# 4.1 and table 1.)
#
# **Rubric.** For engagement, not for being right. 1 point: names something that may be hard and gives a
# reason that follows from the idea (which query takes which object, few matched queries, duplicates without
# NMS, unstable matching, choosing N, ...). 1 point: names a kind of image or object on which it may fail,
# with a reason (more objects than N, crowds, small objects, sizes never seen in training, ...). A guess
# that turns out wrong gets full points if it is reasoned. "Training is hard" or "it may miss objects"
# without a why: half a point each.

# %% [markdown]
# ## Now read
#
# 1. **[The paper](https://arxiv.org/abs/2005.12872)**, sections 1 and 3.1, about 30 minutes. While you
#    read, look for three things: which words stand for what you have met here; the cost that decides the
#    matching; and where your GIoU enters. Leave what you do not understand: on day 4, section 3.1 becomes
#    code.
# 2. **Three files of the [reference implementation](https://github.com/facebookresearch/detr)**, 5 minutes,
#    only to see how little there is. Do not read them closely yet: they answer the exercises, and they are
#    far more use beside code of your own.
#
# | file | what is in it | read it after |
# |---|---|---|
# | [`models/transformer.py`](https://github.com/facebookresearch/detr/blob/main/models/transformer.py) | encoder and decoder | steps 3 and 4 |
# | [`models/matcher.py`](https://github.com/facebookresearch/detr/blob/main/models/matcher.py) | who is responsible for which object | step 6 |
# | [`models/detr.py`](https://github.com/facebookresearch/detr/blob/main/models/detr.py) | the whole model, and the loss | steps 7 and 8 |
#
# One thing to keep for later: where prose and code disagree, believe the code. The docstring of
# `DETR.forward` in `models/detr.py` lists a box as (center_x, center_y, height, width). The conversion in
# `util/box_ops.py`, which is what runs, has the width first, as you do.
#
# <details><summary>What there was to find in the paper</summary>
#
# ∅ is "no object", and *bipartite matching* is the one-to-one matching. A prediction costs an object minus the
# probability that it gives to the object's class, plus a loss of the two boxes. GIoU is one half of that box
# loss, beside L1, so it enters twice: in the matching, and in the loss that is trained on.
# </details>

# %% [markdown]
# ## Where the six images stand
#
# These six images close every notebook of the week, drawn with what your model can do so far. No training
# set holds them. Today there is no model, so nothing is drawn: the boxes come at the end. Step 1 begins
# with the pixels.

# %%
draw.six_so_far(caption="nobody has looked yet")
