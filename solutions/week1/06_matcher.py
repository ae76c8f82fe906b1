# %% [markdown]
# # Step 6 · The matcher
#
# **Day 4 · about 90 minutes · 6 points for code, 6 for writing**
#
# *What you will have at the end:* the part that decides which query answers for which object. All else in
# DETR rests on this idea: without it there is no loss to compute, and with it duplicates become mistakes.
#
# *Read first:* section 3.1 of [the paper](https://arxiv.org/abs/2005.12872) as far as equation 2, once
# more; you have seen it on day 1. *Not covered:* the loss that is computed once the pairs are known (step
# 7).

# %% [markdown]
# ## Recall
#
# Answer in your head, then unfold.
#
# <details><summary>Step 0: two boxes lie apart. What does GIoU tell you that IoU does not?</summary>
#
# How far apart. IoU is 0 wherever they lie; GIoU sinks towards -1 as the gap grows.
# </details>
#
# <details><summary>Step 4: the N predictions come in some order. What does it mean?</summary>
#
# It is the order of the object queries, always the same. It says nothing about the objects: nobody has
# told any query which object is its own.
# </details>
#
# <details><summary>Step 5: which of the K + 1 logits is label 2's, and which is "no object"?</summary>
#
# Column 2, and column K, the last one. Labels count from 0.
# </details>

# %% locked="setup"
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from detrlab import check, compare, draw, hint, predict, progress, reveal
from detrlab.steps import load
from detrlab.targets import validate
from detrlab.toy import CLASSES, make_synthetic_sample, six_images

boxes_of_day_1 = load("00_set_prediction")  # your own two functions
box_cxcywh_to_xyxy = boxes_of_day_1.box_cxcywh_to_xyxy
generalized_box_iou = boxes_of_day_1.generalized_box_iou
_ = torch.manual_seed(0)

# %% [markdown]
# ## Who answers for what?
#
# N predictions come out of the model, M objects are in the image, and neither list has an order that
# means anything. A loss has to compare *this* prediction with *that* object. So before each loss somebody
# has to choose the pairs, and to choose them anew for every image and every training step, because the
# predictions change.
#
# Here is what a model might say halfway through its training: six made-up queries (dashed) for an image
# with three objects. Who should answer for what?

# %%
image, target = make_synthetic_sample(seed=0, index=44)
table = [  # probabilities of circle, square, triangle and "no object"; then the box
    ((0.10, 0.10, 0.60, 0.20), (0.66, 0.44, 0.12, 0.12)),
    ((0.60, 0.20, 0.10, 0.10), (0.40, 0.47, 0.18, 0.16)),
    ((0.55, 0.10, 0.10, 0.25), (0.36, 0.43, 0.12, 0.15)),
    ((0.50, 0.20, 0.10, 0.20), (0.17, 0.78, 0.20, 0.26)),
    ((0.05, 0.90, 0.02, 0.03), (0.45, 0.76, 0.28, 0.28)),
    ((0.05, 0.05, 0.10, 0.80), (0.76, 0.47, 0.34, 0.30)),
]
chances, queries = (torch.tensor(column) for column in zip(*table, strict=True))
outputs = {"pred_logits": chances.log()[None], "pred_boxes": queries[None]}  # a batch of one image


# %%
def draw_pairs(ax, title, pairs=()):
    """Draw objects, queries (dashed, in the colour of their likeliest class) and pairs (black)."""
    draw.visualize(0.3 * image + 0.7, target, ax, title)  # the image faded, so that lines stand out
    ax.set_ylim(127.5, 40)  # above it is nothing
    paired = [query for query, _ in pairs]
    for query, thing in pairs:
        ends = 128 * torch.stack([queries[query, :2], target["boxes"][thing, :2]]).T
        ax.plot(*ends.tolist(), color="black", marker="o", markersize=4, lw=2.5)
    for number, (cx, cy, w, h) in enumerate((128 * queries).tolist()):
        style = {
            "color": draw.class_color(chances[number].argmax()),
            "lw": 3 if number in paired else 1.5,
        }
        x, y = [cx - w / 2, cx + w / 2], [cy - h / 2, cy + h / 2]
        ax.plot([x[0], x[1], x[1], x[0], x[0]], [y[0], y[0], y[1], y[1], y[0]], ls="--", **style)
        paper = {"facecolor": "white", "edgecolor": style["color"], "pad": 1.5}
        ax.text(x[1], y[1], number, fontsize=9, ha="center", va="center", bbox=paper)


# %%
figure = draw.new_figure(5.6, 4)
draw_pairs(figure.add_subplot(), "three objects, six queries (dashed; pink: no object)")
alt = (
    "A toy image with a triangle, a circle and a square. Two queries lie on the circle and say circle; "
    "one lies on the square and says circle; one says square and lies far from it; "
    "one beside the triangle says triangle; one around the triangle says no object."
)
draw.show(figure, alt)

# %% [markdown]
# Queries 1 and 2 both found the circle. Query 3 has the place of the square and the wrong class; query 4
# has the class and the wrong place. Query 0 has the triangle's class and just misses it; query 5 covers
# the triangle and denies that there is anything. To choose, we need a price for each pair.

# %% [markdown]
# ## What a pair costs
#
# The price of pairing query $i$ with object $j$ has three parts, each with a weight (section 3.1). The
# weights are called `cost_class`, `cost_bbox` and `cost_giou`; 1, 5 and 2 are their values in `main.py`
# of facebookresearch/detr:
#
# $$\text{cost}_{ij} = 1 \cdot \bigl(-p_i(c_j)\bigr) \;+\; 5 \cdot \lVert b_i - b_j \rVert_1 \;+\;
# 2 \cdot \bigl(-\text{GIoU}(b_i, b_j)\bigr)$$
#
# - $p_i(c_j)$: the probability that query $i$ gives to the *object's* class, by a softmax over all K + 1.
# - $\lVert b_i - b_j \rVert_1$: the L1 distance, the sum of four absolute differences, of cx, cy, w and
#   h.
# - GIoU is yours from step 0, and wants corners.
#
# Probability and GIoU are high where things fit, so they enter with a minus.
#
# By hand: a query says "circle" with 0.6 and has the box (0.5, 0.5, 0.2, 0.4). The object is a circle at
# (0.5, 0.5, 0.4, 0.4). Only the width differs: L1 = 0.2. The query's box is half of the object's and
# inside it, so IoU = 0.5, and as the hull is the object itself, GIoU = 0.5. The cost is -0.6 + 5 · 0.2 -
# 2 · 0.5 = -0.6. The same in code, and a second object beside it, a triangle that the query believes in
# with 0.1:


# %%
def pair_terms(chance, box, wanted):
    """Return the three costs of one pair, unweighted, from a probability and two boxes (cx, cy, w, h)."""
    distance = sum(abs(mine - right) for mine, right in zip(box, wanted, strict=True))
    corners = [box_cxcywh_to_xyxy(torch.tensor([numbers])) for numbers in (box, wanted)]
    return -chance, distance, -generalized_box_iou(*corners).item()


box = (0.5, 0.5, 0.2, 0.4)
for name, chance, wanted in (
    ("circle", 0.6, (0.5, 0.5, 0.4, 0.4)),
    ("triangle", 0.1, (0.2, 0.5, 0.2, 0.4)),
):
    a, b, c = pair_terms(chance, box, wanted)
    print(f"{name:8}  class {a:4.1f}   L1 {b:.1f}   -GIoU {c:4.1f}   cost {1 * a + 5 * b + 2 * c:4.1f}")

# %% [markdown]
# Why the probability itself, and not its logarithm as in a cross-entropy? $-p$ moves between -1 and 0,
# whatever happens. $-\log p$ has no upper end: 4.6 for $p = 0.01$, 9.2 for $p = 0.0001$, and one query
# that is sure of the wrong thing would outweigh all boxes. The paper found probabilities comparable in
# size with the box costs, and better in practice (section 3.1).
#
# A constant changes nothing: with $1 - p$ or $1 - \text{GIoU}$ every possible matching would become
# dearer by the same amount.

# %% [markdown]
# ## Greedy or optimal
#
# Given the prices, why not let every object take its cheapest query? Here are three queries, two objects
# and their costs:
#
# | | circle | square |
# |---|---|---|
# | query 0 | **0.2** | **0.3** |
# | query 1 | 0.4 | 1.5 |
# | query 2 | 1.6 | 1.4 |
#
# **Each object its cheapest** (an argmin for each column): both take query 0. One query cannot be a
# circle and a square.
#
# **One after the other, each the cheapest that is left:** the circle takes query 0 for 0.2. What is left
# for the square is query 2 for 1.4. Together 1.6. Had the square been first, the result would be another:
# the order of a list without order would decide.
#
# Is there anything better than 1.6? Write down the best pairs that you find, and their sum:

# %%
predict("the cheapest matching", ...)  # for example "circle 1, square 0, together ..."

# %%
from itertools import permutations

cost = torch.tensor([[0.2, 0.3], [0.4, 1.5], [1.6, 1.4]])
sums = {(c, s): (cost[c, 0] + cost[s, 1]).item() for c, s in permutations(range(3), 2)}
for (circle, square), together in sums.items():
    print(f"circle: query {circle}, square: query {square}, together {together:.1f}")
circle, square = min(sums, key=sums.get)
best = f"circle {circle}, square {square}, together {sums[circle, square]:.1f}"
reveal("the cheapest matching", best)

# %% [markdown]
# The circle steps back and takes its second choice, which costs it 0.2 more; the square saves 1.1. That
# is what "optimal" means here: the *sum* is as low as it can be, over all ways to give every object a
# query of its own. No object decides alone.
#
# The set of pairs is a **bipartite matching**: *bipartite*, because each pair joins two kinds of things,
# and a *matching*, because nothing is used twice. Finding the cheapest is the **assignment problem**.
# Trying them all is hopeless: with 100 queries and the 7 objects that an image of COCO holds on average
# (section 4 of the paper) there are

# %%
from math import perm

print(f"{perm(100, 7):.1e} matchings")

# %% [markdown]
# The first fast method (Kuhn, 1955) rests on work by two Hungarian mathematicians, whence the name
# *Hungarian algorithm*. You do not have to write it: SciPy has `linear_sum_assignment`, a relative of it
# (a modified Jonker-Volgenant algorithm, says its documentation). It takes a matrix of costs and returns
# the chosen rows and, in the same order, the columns:

# %%
rows, columns = linear_sum_assignment(cost)
print(
    "rows (queries):", rows, "  columns (objects):", columns, "  types:", type(rows).__name__, rows.dtype
)
print("their sum:", round(cost[rows, columns].sum().item(), 1))

wide = linear_sum_assignment(cost.T)  # now more columns than rows
empty = linear_sum_assignment(torch.zeros(3, 0))  # three queries, no object
print("transposed:", *wide, "  without objects:", *empty)

# %% [markdown]
# Read it as: row 0 with column 1 (query 0, the square), row 1 with column 0 (query 1, the circle). The
# matrix need not be square: what is left over on the longer side stays unpaired. For queries that means
# "no object". (The paper fills the list of objects up with "no object" to length N. That changes no pair:
# such a partner costs the same whatever the prediction, section 3.1.)

# %%
recipes = {
    "each object its cheapest: query 0 twice": [(0, 0), (0, 1)],
    "one after the other: 1.6": [(0, 0), (2, 1)],
    "optimal: 0.7": [(1, 0), (0, 1)],
}
figure = draw.new_figure(9.6, 2.9)
for ax, (name, pairs) in zip(figure.subplots(1, 3), recipes.items(), strict=True):
    draw.heatmap(cost, ax, name)
    for query in range(3):
        for thing in range(2):
            chosen = (
                {"edgecolor": "black", "boxstyle": "circle"} if (query, thing) in pairs else {"lw": 0}
            )
            label = f"{cost[query, thing]:.1f}"
            ax.text(thing, query, label, ha="center", va="center", bbox={"facecolor": "white"} | chosen)
    ax.set(xticks=[0, 1], xticklabels=["circle", "square"], yticks=range(3))
    ax.set_yticklabels([f"query {number}" for number in range(3)])
alt = "The cost matrix three times, with the pairs of each recipe circled: "
draw.show(figure, alt + "0.2 and 0.3, both in the row of query 0; 0.2 and 1.4; 0.4 and 0.3.")

# %% [markdown]
# ## Targets, for the first time
#
# From today on the right answers take part, so wrong right answers do harm. A target is a dictionary for
# each image: `labels`, int64 [M], and `boxes`, float32 [M, 4], as (cx, cy, w, h) in fractions of the
# image. `validate` is given; it checks targets and names the image and the field. Here are six broken
# ones. It cannot see all of them. Which will pass?

# %%
predict("what slips through", ...)  # one of the six names in the next cell, or more

# %%
from textwrap import wrap

corners = box_cxcywh_to_xyxy(target["boxes"])
broken = {
    "boxes in pixels": target | {"boxes": 128 * target["boxes"]},
    "labels counted from 1": target | {"labels": target["labels"] + 1},
    "labels as floats": target | {"labels": target["labels"].float()},
    "a box too few": target | {"boxes": target["boxes"][1:]},
    "corners, as fractions": target | {"boxes": corners},
    "a box without height": target | {"boxes": target["boxes"] * torch.tensor([1, 1, 1, 0])},
}
passed = []
for name, wrong in broken.items():
    try:
        validate([target, wrong], num_classes=3)
        passed.append(name)
    except ValueError as error:
        print(f"{name}:", *wrap(str(error), 88), sep="\n    ")
reveal("what slips through", ", ".join(passed))

# %% [markdown]
# The matcher would have taken most of them without a word: pixels make the L1 distance so large that
# nothing else counts, and label 3 is the column of "no object", a probability like any other. The corners
# are the treacherous ones. Four numbers in [0, 1] are a box in either form, and no check of numbers can
# tell. **Draw a few of your targets** before you train on data of your own.

# %% [markdown]
# ## TODO · The matcher
#
# | difficulty | importance | minutes |
# |---|---|---|
# | ●●○ | ●●● | 25 |
#
# 1. Costs: for each image a matrix [N, M], queries in the rows, from the three terms and the three
#    weights given to `__init__`. Probabilities come from a softmax over all K + 1 columns.
# 2. Pairs: one `linear_sum_assignment` **for each image**. Images do not share queries or objects.
# 3. Return a list with an entry `(pred_idx, tgt_idx)` for each image, two int64 tensors on the CPU, also
#    where M is 0 (two empty ones). The pairs may come in any order.
# 4. Last, when the pairs are right: predictions that are not finite (NaN or infinite) mean that training
#    has broken. Raise a `ValueError` with the image's number in it, counted from 0, before anything is
#    computed. Look at the predictions themselves: an image without objects counts too.
#
# No gradient flows through a choice. In training the predictions carry gradients, and SciPy cannot read
# such a tensor: detach them, or work under `torch.no_grad()`.
#
# A loop over the images is a full answer. If you like, go without: put the objects of all images into one
# long list, compute **one** matrix of all B · N queries against all of them, fetch it to the CPU once,
# and cut each image's part out. What that gains, and what it costs, is measured below.


# %% todo="matcher"
class HungarianMatcher(nn.Module):
    """Pair queries with objects one to one, at the least total cost (paper, section 3.1).

    The cost of a pair adds up -(probability of the object's class), the L1 distance of the two boxes
    (a sum of four) and -GIoU, times cost_class, cost_bbox and cost_giou.
    """

    def __init__(self, cost_class: float = 1.0, cost_bbox: float = 5.0, cost_giou: float = 2.0):
        super().__init__()
        ### BEGIN SOLUTION
        self.cost_class = cost_class
        self.cost_bbox = cost_bbox
        self.cost_giou = cost_giou
        ### END SOLUTION

    def forward(self, outputs: dict, targets: list[dict]) -> list[tuple[Tensor, Tensor]]:
        """Return (pred_idx, tgt_idx) for each image: query pred_idx[i] is paired with object tgt_idx[i].

        outputs: "pred_logits" [B, N, K+1] and "pred_boxes" [B, N, 4], boxes as (cx, cy, w, h).
        targets: for each image {"labels" int64 [M], "boxes" [M, 4]}; M may differ, and may be 0.
        Both results are int64 [min(N, M)], on the CPU. ValueError, with the number of the image (from 0),
        where predictions are NaN or infinite.
        """
        ### BEGIN SOLUTION
        # A matching is a choice: no gradient flows through it.
        logits, boxes = outputs["pred_logits"].detach(), outputs["pred_boxes"].detach()
        finite = torch.cat([logits, boxes], dim=-1).isfinite().flatten(1).all(dim=1)
        if not finite.all():
            image = finite.tolist().index(False)
            raise ValueError(f"Image {image}: there are predictions that are NaN or infinite.")

        # One matrix for the batch: all its queries [B * N] against all its objects.
        labels = torch.cat([target["labels"] for target in targets])
        wanted = torch.cat([target["boxes"] for target in targets])
        boxes = boxes.flatten(0, 1)
        by_class = -logits.flatten(0, 1).softmax(dim=-1)[:, labels]
        by_distance = torch.cdist(boxes, wanted, p=1)
        by_overlap = -generalized_box_iou(box_cxcywh_to_xyxy(boxes), box_cxcywh_to_xyxy(wanted))
        cost = self.cost_class * by_class + self.cost_bbox * by_distance + self.cost_giou * by_overlap

        # One transfer to the CPU; then each image takes its own queries and the columns of its objects.
        sizes = [len(target["labels"]) for target in targets]
        blocks = cost.unflatten(0, logits.shape[:2]).cpu().split(sizes, dim=-1)
        pairs = [linear_sum_assignment(block[image]) for image, block in enumerate(blocks)]
        return [(torch.as_tensor(queries), torch.as_tensor(things)) for queries, things in pairs]
        ### END SOLUTION


# %% tests="matcher" points=6
check.matcher(HungarianMatcher)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.matcher(HungarianMatcher)
### END HIDDEN TESTS

# %% [markdown] hints="matcher"
# <details><summary>Hint 1 · where to look</summary>
#
# Sections "What a pair costs" and "Greedy or optimal" above: `pair_terms` has all three terms for one
# pair. For whole matrices: a tensor indexed by a tensor of labels, `probabilities[:, labels]`, picks
# columns; `torch.cdist` in PyTorch's documentation computes distances of all pairs, and has an argument
# `p`; your `generalized_box_iou` compares all pairs already. For 1.: `Tensor.isfinite`.
# </details>
#
# <details><summary>Hint 2 · the plan</summary>
#
# In `__init__`: keep the three weights. In `forward`, for each image with its number:
#
# 1. take its logits [N, K+1] and boxes [N, 4], detached; raise if any number is not finite;
# 2. softmax over the last dimension, then the columns of the image's labels: [N, M];
# 3. L1 distances of all pairs: [N, M]. GIoU of all pairs, corners against corners: [N, M];
# 4. weigh and add, with a minus before probability and GIoU;
# 5. to the CPU, into `linear_sum_assignment`, and both results into int64 tensors.
#
# All at once: `torch.cat` the labels and the boxes of all targets, `flatten(0, 1)` the predictions,
# compute the same terms, [B · N, all objects], and give the first dimension its two parts back with
# `unflatten`. Then `split` the last dimension by the numbers of objects: part `b` has the shape [B, N, M of
# image b], and its entry `b` is image b's own matrix.
# </details>
#
# <details><summary>Hint 3 · almost the line</summary>
#
# For one image: `logits.softmax(-1)[:, target["labels"]]` are the probabilities, `torch.cdist(boxes, ...,
# p=1)` the distances, `generalized_box_iou(box_cxcywh_to_xyxy(...), box_cxcywh_to_xyxy(...))` the
# overlaps. Then `rows, columns = linear_sum_assignment(cost.cpu())` and `torch.as_tensor(rows,
# dtype=torch.int64)`.
# </details>
#
# <details><summary>Help: "Can't call numpy() on Tensor that requires grad"</summary>
#
# SciPy reads tensors through NumPy, and NumPy knows no gradients. Detach the predictions at the beginning
# of `forward`, or put `@torch.no_grad()` above it.
# </details>
#
# <details><summary>Help: a ValueError from my own `generalized_box_iou`, or "matrix contains invalid numeric entries"</summary>
#
# The first is your own function from step 0: it was given (cx, cy, w, h). Convert both sides to corners.
# The second is SciPy's: there is NaN in the costs. If the check is looking for that, raise your own error
# before you compute them.
# </details>
#
# <details><summary>Help: an image without objects breaks it</summary>
#
# Print the shapes. Labels of shape [0] pick no column, and everything stays [N, 0];
# `linear_sum_assignment` takes that. What fails is usually `torch.tensor([])`, which is floating point
# unless you give it `dtype=torch.int64`, or a `continue` that leaves the image out of the list.
# </details>
#
# <details><summary>Help: one image is right, a batch is not</summary>
#
# In a loop: does every line use this image's own logits, boxes and target? In one go: the rows lie in the
# order [B, N], all queries of image 0 first, and each image has only its own columns. Numbers start at 0
# again in each image.
# </details>

# %% [markdown]
# ### Look at what you built
#
# The scene from the beginning: the three terms with their weights, and on the right their sum, with the
# pairs of your matcher framed.


# %%
def cost_terms(chances, boxes, objects):
    """Return the three costs of all pairs [3, N, M], pair by pair: slow, and easy to read."""
    wanted = [*zip(objects["labels"].tolist(), objects["boxes"].tolist(), strict=True)]
    rows = [
        [pair_terms(chance[label], box, right) for label, right in wanted]
        for chance, box in zip(chances.tolist(), boxes.tolist(), strict=True)
    ]
    return torch.tensor(rows).permute(2, 0, 1)


weighted = cost_terms(chances, queries, target) * torch.tensor([1, 5, 2])[:, None, None]
matcher = HungarianMatcher()
pred_idx, tgt_idx = matcher(outputs, [target])[0]
pairs = list(zip(pred_idx.tolist(), tgt_idx.tolist(), strict=True))

# %%
names = [CLASSES[label] for label in target["labels"]]
titles = ["-1 · probability", "5 · L1", "-2 · GIoU", "the sum"]
figure = draw.new_figure(9.6, 3.6)
for ax, title, values in zip(figure.subplots(1, 4), titles, [*weighted, weighted.sum(0)], strict=True):
    draw.heatmap(values, ax, title)
    for query in range(6):
        for thing in range(3):
            chosen = title == titles[-1] and (query, thing) in pairs
            frame = {"edgecolor": "black", "lw": 2 if chosen else 0, "facecolor": "white", "pad": 1.5}
            middle = {"ha": "center", "va": "center", "fontsize": 8}
            ax.text(thing, query, f"{values[query, thing]:.2f}", bbox=frame, **middle)
    ax.set(xticks=range(3), yticks=range(6))
    ax.set_xticklabels(names, fontsize=8)
figure.axes[0].set_ylabel("query")
found = ", ".join(f"query {query} with the {names[thing]}" for query, thing in pairs)
draw.show(
    figure, f"Four matrices, six queries by three objects: three costs and their sum. Framed: {found}."
)

# %% [markdown]
# The class alone (left) would prefer query 4 for the square, because it says "square" with 0.9. The L1
# distance speaks against it, and the sum follows the place: query 3 gets the square although it believes
# in a circle. In the loss it will be told so. Query 2 is almost as good for the circle as query 1, and
# gets nothing.
#
# ### What the weights decide
#
# The matching is a compromise between three opinions. Here is what each of them wants alone:

# %%
settings = {
    "class 1, L1 5, GIoU 2": (1, 5, 2),
    "the class alone": (1, 0, 0),
    "the L1 distance alone": (0, 1, 0),
    "GIoU alone": (0, 0, 1),
}
figure = draw.new_figure(9.6, 6.9)
for ax, (name, setting) in zip(figure.subplots(2, 2).flat, settings.items(), strict=True):
    pred_idx, tgt_idx = HungarianMatcher(*setting)(outputs, [target])[0]
    chosen = list(zip(pred_idx.tolist(), tgt_idx.tolist(), strict=True))
    draw_pairs(ax, name, chosen)
    print(
        f"{name:22}",
        ", ".join(f"{names[thing]}: {query}" for query, thing in sorted(chosen, key=lambda p: p[1])),
    )
alt = (
    "The scene four times. With all three costs lines join query 0 and the triangle, 1 and the circle, "
    "3 and the square. By the class alone 4 has the square, by L1 alone 2 has the circle, "
    "by GIoU alone 5 has the triangle."
)
draw.show(figure, alt)

# %% [markdown]
# - *The class alone* does not ask where a query is: the square goes to query 4.
# - *L1 alone* gives the triangle to query 0, which has the right size and misses it by a little, and the
#   circle to query 2.
# - *GIoU alone* prefers query 5, which is far too large and covers the triangle, to query 0, which does
#   not touch it. And for the circle it takes query 1, which is a bit too large, before query 2, which is
#   too narrow.
#
# With a running notebook you can set the weights yourself. How much must the class count before query 4
# gets the square?

# %%
from ipywidgets import FloatSlider, interactive


def explore(cost_class, cost_bbox, cost_giou):
    """Draw the matching for these weights."""
    pred_idx, tgt_idx = HungarianMatcher(cost_class, cost_bbox, cost_giou)(outputs, [target])[0]
    chosen = list(zip(pred_idx.tolist(), tgt_idx.tolist(), strict=True))
    figure = draw.new_figure(5.6, 4)
    draw_pairs(
        figure.add_subplot(), f"class {cost_class:.1f}, L1 {cost_bbox:.1f}, GIoU {cost_giou:.1f}", chosen
    )
    draw.show(figure, "Queries and objects: " + ", ".join(f"{q} with the {names[o]}" for q, o in chosen))


sliders = {
    name: FloatSlider(value=value, max=10, step=0.1)
    for name, value in zip(("cost_class", "cost_bbox", "cost_giou"), (1, 5, 2), strict=True)
}
interactive(explore, **sliders)

# %% [markdown]
# <details><summary>And how much is it?</summary>
#
# From about 4.6 on, with the other two left at 5 and 2.
# </details>
#
# The scene is made so that the three opinions differ. They differ less as predictions get better: a query
# with the right class, place and size is cheap for all three.

# %% [markdown]
# ## Greed in practice
#
# The table above was made up. How often does greed fail on a model that has learned nothing, where all
# boxes crowd in the middle of the image? Your heads from step 5, untrained, 10 queries for each of 100
# toy images:

# %%
heads = load("05_heads").DetrPredictionHeads(d_model=256, num_classes=3)
with torch.no_grad():
    logits, boxes = heads(nn.functional.layer_norm(torch.randn(100, 10, 256), (256,)))
untrained = {"pred_logits": logits, "pred_boxes": boxes}
objects_of = [make_synthetic_sample(seed=0, index=number)[1] for number in range(100)]


# %%
def in_turn(cost):
    """Let the objects choose one after the other; return the sum of what they pay."""
    left, paid = cost.clone(), 0.0
    for thing in range(cost.shape[1]):
        query = left[:, thing].argmin()
        paid += cost[query, thing].item()
        left[query] = torch.inf
    return paid


# %%
several, shared, dearer = 0, 0, 0
pairs = matcher(untrained, objects_of)
for number, objects in enumerate(objects_of):
    terms = cost_terms(logits[number].softmax(-1), boxes[number], objects)
    cost = (terms * torch.tensor([1, 5, 2])[:, None, None]).sum(0)
    several += cost.shape[1] > 1
    shared += len(cost.argmin(dim=0).unique()) < cost.shape[1]
    dearer += in_turn(cost) > cost[pairs[number]].sum().item() + 1e-4
print(f"{several} of 100 images hold two objects or more;")
print(f"each object its cheapest: a query is taken twice in {shared} of them;")
print(f"one after the other: dearer than your matching in {dearer} of them")

# %% [markdown]
# ## What it costs
#
# Solving an assignment problem takes time proportional to $n^3$ in the worst case. Cubes sound alarming:
# twice the queries, eight times the work. How long does it take for 100 queries and 7 objects, compared
# with one part of a forward pass: the encoder, at the paper's size, for one image (850 tokens, see step
# 3)? Both on the CPU.

# %%
predict("the matching's share", ...)  # of the encoder's time: 10%, 1%, 0.1%, ...?

# %%
from time import perf_counter


def milliseconds(function, *arguments, times=5):
    """Return how long a call takes, the fastest of a few."""
    seconds = []
    for _ in range(times):
        start = perf_counter()
        function(*arguments)
        seconds.append(perf_counter() - start)
    return 1000 * min(seconds)


for n_queries, n_objects in ((10, 3), (100, 7), (100, 100), (300, 300), (1000, 1000)):
    took = milliseconds(linear_sum_assignment, torch.rand(n_queries, n_objects).numpy())
    print(f"{n_queries:5} queries, {n_objects:4} objects: {took:8.3f} ms")

# %%
encoder = load("03_encoder").TransformerEncoder(n_layers=6).eval()
tokens = torch.randn(1, 850, 256)
with torch.no_grad():
    of_encoder = milliseconds(encoder, tokens, torch.zeros_like(tokens), times=2)
of_matching = milliseconds(linear_sum_assignment, torch.rand(100, 7).numpy())
print(f"the encoder: {of_encoder:.0f} ms")
reveal("the matching's share", f"{of_matching / of_encoder:.4%} of the encoder's time")

# %% [markdown]
# Thousandths of a millisecond. $n$ is small: it counts queries and objects, not pixels or tokens. And the
# problem is not even square; with 7 objects instead of 100 it is far cheaper. Only with a thousand of
# both does the cube make itself felt.
#
# ### All images at once, or one by one?
#
# If anything about the matcher is slow, it is the costs. Your matcher, called for a whole batch and for
# each image alone (which is what a loop does), at the size of the toy set and at that of COCO:


# %%
def time_both(n_images, n_queries, n_objects, num_classes):
    """Print how long a batch takes, whole and image by image."""
    outputs = {
        "pred_logits": torch.randn(n_images, n_queries, num_classes + 1),
        "pred_boxes": torch.rand(n_images, n_queries, 4),
    }
    targets = [
        {"labels": torch.randint(num_classes, (n_objects,)), "boxes": torch.rand(n_objects, 4)}
        for _ in range(n_images)
    ]
    singles = [({k: v[[i]] for k, v in outputs.items()}, [targets[i]]) for i in range(n_images)]
    whole = milliseconds(matcher, outputs, targets)
    alone = milliseconds(lambda: [matcher(*single) for single in singles])
    print(f"{n_images} images, {n_queries:3} queries, {n_objects} objects:", end=" ")
    print(f"whole {whole:5.1f} ms, one by one {alone:5.1f} ms")


time_both(16, 10, 3, num_classes=3)
time_both(16, 100, 7, num_classes=91)

# %% [markdown]
# If you wrote a loop, your two columns are about equal. The solution computes one matrix for the batch,
# and its columns tell two stories. With toy images every operation is so small that its fixed cost
# counts, and doing it once instead of 16 times pays. At COCO's size the matrix is 1600 × 112, and of its
# columns each image reads only its own 7: 16 times as many numbers are computed as are used. That eats up
# the advantage, and on some machines more than that.
#
# On a GPU one thing more speaks for the single matrix: the costs have to come to the CPU, where SciPy
# works, and each transfer waits until the GPU has finished what it was given: once for the batch, or once
# for each image. The paper's code does it that way too: read
# [`models/matcher.py`](https://github.com/facebookresearch/detr/blob/main/models/matcher.py) now, beside
# your own.

# %% [markdown]
# ## One positive for each object
#
# Why all this? Five predictions, all close to the circle of the scene. The old recipe of step 0 calls
# every box *positive* that overlaps an object enough; with an IoU of at least 0.5, say. DETR's matching
# gives the circle to one of them:

# %%
from torchvision.ops import box_iou

circle = {"labels": target["labels"][1:2], "boxes": target["boxes"][1:2]}
crowd = circle["boxes"] + 0.01 * torch.randn(5, 4)
logits = torch.tensor([2.0, 0, 0, 0]) + 0.3 * torch.randn(1, 5, 4)
[(chosen, _)] = matcher({"pred_logits": logits, "pred_boxes": crowd[None]}, [circle])
overlaps = box_iou(box_cxcywh_to_xyxy(crowd), box_cxcywh_to_xyxy(circle["boxes"]))[:, 0]
for number, overlap in enumerate(overlaps.tolist()):
    old = "circle" if overlap >= 0.5 else "background"
    print(f"prediction {number}: IoU {overlap:.2f}   the old recipe teaches: {old:10}", end=" ")
    print("DETR's teaches:", "circle" if number in chosen else '"no object"')

# %% [markdown]
# Under the old recipe all five are right to say "circle". Duplicates are what the training asks for, and
# NMS has to remove them. Under DETR's matching four of them are *wrong*, good boxes as they are: they are
# to say "no object". How can a query know that another one has the circle? One way is to hear of it: queries
# talk to each other in the decoder's self-attention (step 4). Another is to divide up the image beforehand.
# Step 11 measures which.
#
# The price: in any one image, very few queries are told where a box belongs. Count the positives for each
# object, under step 0's grid of 1,024 anchors and under your matching:

# %%
centres = torch.cartesian_prod(torch.arange(4, 128, 8), torch.arange(4, 128, 8)).repeat(4, 1)
sides = torch.tensor([16, 24, 32, 48]).repeat_interleave(256)[:, None].expand(-1, 2)
anchors = box_cxcywh_to_xyxy(torch.cat([centres, sides], dim=1) / 128)
n_objects, n_positive = 0, 0
for objects in objects_of:
    overlaps = box_iou(anchors, box_cxcywh_to_xyxy(objects["boxes"]))
    n_objects += len(objects["boxes"])
    n_positive += (overlaps >= 0.5).sum().item()
print(f"{n_objects / 100:.1f} objects in an image")
print(f"anchors: {n_positive / n_objects:.1f} positives for each object; DETR: 1")
print(f"of 100 queries, {n_objects / 100:.1f} are told where a box belongs, the others only to be silent")

# %% [markdown]
# So few positives make training inefficient, say the authors of
# [H-DETR](https://arxiv.org/abs/2207.13080), who add a second, one-to-many matching in training. DETR
# itself takes its time: on COCO the paper trains 300 epochs for its ablations and 500 for the comparison
# with Faster R-CNN (section 4). The authors of Deformable DETR call that 10 to 20 times slower than
# Faster R-CNN ([section 1](https://arxiv.org/abs/2010.04159)).
#
# ## When predictions move
#
# A second difficulty shows when you watch a matching over time. Two objects of the same class, left and
# right. Query 1 stays in the middle, and query 0 wanders from the left object to the right one. There are
# two possible matchings; what does each cost?

# %%
left_right = {
    "labels": torch.zeros(2, dtype=torch.int64),
    "boxes": torch.tensor([[0.25, 0.5, 0.2, 0.2], [0.75, 0.5, 0.2, 0.2]]),
}
places = torch.linspace(0.15, 0.85, 140)
sums, taken = [], []
for place in places.tolist():
    boxes = torch.tensor([[place, 0.5, 0.2, 0.2], [0.5, 0.5, 0.2, 0.2]])
    terms = cost_terms(torch.full((2, 1), 0.7), boxes, left_right)
    cost = (terms * torch.tensor([1, 5, 2])[:, None, None]).sum(0)
    sums.append([(cost[0, 0] + cost[1, 1]).item(), (cost[0, 1] + cost[1, 0]).item()])
    logits = torch.tensor([[[0.7, 0.3]] * 2]).log()
    [(query, thing)] = matcher({"pred_logits": logits, "pred_boxes": boxes[None]}, [left_right])
    taken.append(thing[query == 0].item())
sums, taken = torch.tensor(sums), torch.tensor(taken)

# %%
figure = draw.new_figure(7.2, 3.2)
ax = figure.add_subplot()
words = ("0 takes the left object, 1 the right", "0 takes the right object, 1 the left")
for number, (name, color) in enumerate(zip(words, draw.PALETTE[:2], strict=True)):
    ax.plot(places, sums[:, number], color=color, lw=1)
    mine = taken == number
    ax.plot(places[mine], sums[mine, number], color=color, lw=5)
    end, side = (0, "left") if number else (-1, "right")
    ax.text(places[end], sums[end, number] + 0.15, name, color=color, ha=side, va="bottom")
ax.set(xlabel="cx of query 0", ylabel="cost of the matching", ylim=(-2.5, 5))
ax.spines[["top", "right"]].set_visible(False)
alt = (
    "The cost of two matchings while query 0 moves from left to right: one rises, one falls, and they "
    "cross where query 0 passes query 1, in the middle. The matcher always takes the lower one."
)
draw.show(figure, alt)

flip = places[1:][taken[1:] != taken[:-1]].tolist()
print("the pairs change at cx =", [round(place, 3) for place in flip])

# %% [markdown]
# Thick is what your matcher chose: always the lower line. (At the sharp tips query 0 sits right on an
# object.) Two things are worth taking along.
#
# - **Between flips nothing happens to the pairs.** Move query 0 a little, and they stay what they are.
#   Their derivative with respect to the predictions is 0, and where they change there is none. There is
#   no gradient that could flow through the choice. What flows, flows through the **loss** of the chosen
#   pairs, in step 7. Its box parts are weighted as they are here, so they pull query 0 down the slope of
#   the thick line.
# - **Near a flip a small step changes a query's task.** Just left of 0.5 query 0 is told "go left", just
#   right of it "go right".
#
# Where queries are alike, a flip is always near. How many objects change their query when all predicted
# boxes tremble by 0.01? First with the untrained heads from above, then with predictions that are good:
# for each object one query that has its box and its class, and all others say "no object".


# %%
def share_of_flips(outputs):
    """Return the share of objects that get another query when the predicted boxes tremble."""
    trembling = (outputs["pred_boxes"] + 0.01 * torch.randn(100, 10, 4)).clamp(0.01, 1)
    before, after = matcher(outputs, objects_of), matcher(outputs | {"pred_boxes": trembling}, objects_of)
    changed = []
    for (queries1, things1), (queries2, things2) in zip(before, after, strict=True):
        changed += (queries1[things1.argsort()] != queries2[things2.argsort()]).tolist()
    return sum(changed) / len(changed)


# %%
good = {"pred_logits": torch.zeros(100, 10, 4), "pred_boxes": untrained["pred_boxes"].clone()}
good["pred_logits"][..., 3] = 5.0
for number, objects in enumerate(objects_of):
    for thing, (label, box) in enumerate(zip(objects["labels"], objects["boxes"], strict=True)):
        good["pred_boxes"][number, thing] = box
        good["pred_logits"][number, thing, [3, label]] = torch.tensor([0.0, 5.0])
for name, predictions in (("untrained", untrained), ("good", good)):
    print(f"{name}: {share_of_flips(predictions):.0%} of the objects change their query")

# %% [markdown]
# A look ahead to next week: [DN-DETR](https://arxiv.org/abs/2203.01305) takes this instability of the
# early matchings for the cause of the slow start. Beside the learned queries it feeds the decoder
# objects' true boxes with noise added, *denoising queries*, and asks for the clean boxes back. Which
# object belongs to such a query is known from the start, so nothing has to be matched. At inference they
# are left out.

# %% [markdown] locked="question_greedy"
# ## Written question a · what is wrong with greed?
#
# Two greedy recipes: (i) each object takes its cheapest query; (ii) the objects choose in turn, each the
# cheapest query that is left. Name **one** thing that goes wrong in each, and what it does to the training.
# Three to five sentences. (2 points)

# %% [markdown] written="greedy" points=2
# **Model answer.** In (i) two objects can choose the same query. It can predict one class and one box
# only, so it is pulled towards both and ends between them, and one of the objects is not learned;
# meanwhile the query that would have been the second choice is told "no object". In an untrained model,
# where all boxes crowd in the middle, it happens in more than half of the images with several objects
# (measured above). Choosing in turn (ii) mends that and makes the result depend on the order of a list that
# has none, and on the first choosing without regard for the rest: in the example the circle saves 0.2 and
# the square pays 1.1 more. The later objects are paired with queries that fit
# badly, so the loss asks for large, senseless moves. The optimal matching uses every query at most once
# and makes the sum lowest, whatever the order.
#
# **Rubric.** 1 point for (i): the same query for several objects (not one-to-one), with a consequence
# (conflicting targets, an object without a query, or a good query taught "no object"). 1 point for (ii),
# with a consequence: the order of a list without order decides, or the sum is higher than it need be,
# because the choice ignores what others need. Half a point for a fault without its consequence. "It is not
# optimal" alone: half a point.

# %% [markdown] locked="question_cubic"
# ## Written question b · why is the cube no bottleneck?
#
# Solving the assignment problem takes O(n³) time in the worst case. Why does that not slow DETR down? Use
# numbers that you measured above, and say when it *would* begin to matter. Three or four sentences. (2
# points)

# %% [markdown] written="cubic" points=2
# **Model answer.** n counts queries and objects, 100 and a handful, and not pixels or tokens; 100 cubed
# is a million elementary steps, while one forward pass of DETR takes 86 billion floating point operations
# (table 1 of the paper). Measured: a few thousandths of a millisecond for 100 × 7, a small fraction of a
# percent of what the encoder takes on the same CPU. The matrix is rectangular and the shorter side is
# short, which makes it cheaper still than the cube says. And it is needed in training only: at inference
# nothing is matched. It would matter with a thousand queries *and* about as many objects (about a tenth of
# a second above).
#
# **Rubric.** 1 point: n is small (queries and objects, about 100 × 7; not tokens or pixels) or the
# problem is far from square, supported by a measured number. 1 point: set in relation to the rest of a
# training step (encoder, backbone), or absent at inference, *and* a sensible remark on when it would
# matter. Half a point each where numbers are missing.

# %% [markdown] locked="question_no_gradient"
# ## Written question c · why may the gradient stop here?
#
# Your matcher detaches the predictions: no gradient flows through the choice of pairs. Why can DETR still
# be trained end to end? What would the gradient through the choice be? (Hint: the figure above; or think
# of max pooling.) Three to five sentences. (2 points)

# %% [markdown] written="no_gradient" points=2
# **Model answer.** The pairs are integers. Under small changes of the predictions they stay the same, so
# their derivative is 0 almost everywhere, and at the flips it does not exist: there is nothing to be
# gained by sending a gradient through. Given the pairs, the loss is an ordinary differentiable function
# of the matched queries' classes and boxes and of the unmatched queries' classes, and that gradient
# reaches the heads, the decoder, the encoder and the backbone. It is as in max pooling: which input wins
# is not differentiated, the winner's value is. The choice still takes part in training, because it is
# made anew in every step from the current predictions; matching and improving take turns, and each
# matching says what "better" means next.
#
# **Rubric.** 1 point: the choice is discrete (piecewise constant), its derivative is 0 or undefined. 1
# point: with the pairs fixed, the loss is differentiable in the predictions, so the gradient reaches all
# parameters (or: the pairs are recomputed in each step, as in max pooling or k-means). "SciPy has no
# gradient" alone: half a point, for it names the tool and not the reason.

# %% [markdown]
# ## Where the six images stand
#
# An untrained model, as at the end of step 5: your own steps 1 to 5, ten queries. It has not learned
# anything; but each object has a query now. Drawn are the boxes of the matched queries, *each under the
# name of the object that the matcher gave it*. The names come from the answers, not from the model.

# %%
torch.manual_seed(0)
size = {"d_model": 64, "n_heads": 4, "dim_ff": 128}
backbone = load("01_backbone").Backbone(d_model=64, name="tiny").eval()
positional_encoding = load("02_positional_encoding").PositionalEncoding2D(d_model=64)
encoder = load("03_encoder").TransformerEncoder(n_layers=2, **size).eval()
decoder = load("04_decoder").TransformerDecoder(n_layers=2, **size).eval()
query_embed, heads = nn.Embedding(10, 64), load("05_heads").DetrPredictionHeads(64, num_classes=3)


@torch.no_grad()
def matched(images):
    """Return each image's matched boxes, with the labels of the objects that they are paired with."""
    features = backbone(images)
    pos = positional_encoding(features).flatten(2).transpose(1, 2)
    memory = encoder(features.flatten(2).transpose(1, 2), pos)
    query_pos = query_embed.weight.expand(len(images), -1, -1)
    logits, boxes = heads(decoder(torch.zeros_like(query_pos), memory, pos, query_pos)[-1])
    truths = [truth for _, truth in six_images()]
    entries = matcher({"pred_logits": logits, "pred_boxes": boxes}, truths)
    print("matched queries:", [pred_idx.tolist() for pred_idx, _ in entries])
    return [
        {"boxes": box[pred_idx], "labels": truth["labels"][tgt_idx]}
        for box, truth, (pred_idx, tgt_idx) in zip(boxes, truths, entries, strict=True)
    ]


# %%
draw.six_so_far(matched, "untrained boxes, each named after the object that it has been given to learn")

# %% [markdown]
# Each box now has somewhere to go. How far it is from there, and how hard to pull: that is the loss, in
# step 7.
