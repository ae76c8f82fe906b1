# %% [markdown]
# # Step 7 · The loss
#
# **Day 4 · about 90 minutes · 8 points for code, 6 for writing**
#
# *What you will have at the end:* one number that says how wrong a whole set of predictions is, and with
# it a gradient for every logit and every matched box. You will watch it pull boxes onto objects, without
# any network.
#
# *Read first:* in [the paper](https://arxiv.org/abs/2005.12872) section 3.1 from equation 2 on,
# "Auxiliary decoding losses" in section 3.2, "Loss ablations" with table 4 in section 4.2, and appendix
# A.2. *Not covered:* masks for panoptic segmentation, and training itself (step 9).

# %% [markdown]
# ## Recall
#
# Answer in your head, then unfold.
#
# <details><summary>Step 0: a small box lies inside a large one. How do their IoU and GIoU compare?</summary>
#
# They are equal. The hull is the large box and so is the union: nothing of the hull is empty.
# </details>
#
# <details><summary>Step 4: why does the decoder hand over the output of every layer, and not of the last alone?</summary>
#
# So that the loss can judge each of them. Today it will.
# </details>
#
# <details><summary>Step 5: why do the heads return logits and not probabilities?</summary>
#
# The cross-entropy of today has a softmax inside. A second one would flatten all differences.
# </details>

# %% locked="setup"
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from detrlab import check, compare, draw, hint, predict, progress, reveal
from detrlab.steps import load
from detrlab.toy import six_images

box_cxcywh_to_xyxy = load("00_set_prediction").box_cxcywh_to_xyxy
generalized_box_iou = load("00_set_prediction").generalized_box_iou
HungarianMatcher = load("06_matcher").HungarianMatcher

_ = torch.manual_seed(0)

# %% [markdown]
# ## What there is to judge
#
# The matcher of step 6 has given each object one query. That settles what every query should have said.
# The loss of a batch has three parts:
#
# | part | who is judged | by what |
# |---|---|---|
# | `class` | **all** queries of all images | cross-entropy: towards the object's label if matched, towards "no object" if not |
# | `bbox` | matched queries only | L1 distance between the box and its object's, summed over cx, cy, w, h |
# | `giou` | matched queries only | 1 − GIoU of the two boxes |
#
# Nobody looks at the box of an unmatched query. The parts are added as 1 · class + 5 · bbox + 2 · giou
# (5 and 2: appendix A.4). The matcher has used the same three questions to decide who is responsible.
# One difference: it asked for $-p$, the probability of the right class, and the loss takes $-\log p$, as
# equation 2 does. The paper keeps the logarithm out of the matching so that class and box are on one
# scale there (section 3.1).

# %% [markdown]
# ## The class part, by hand
#
# In an image with one object and 100 queries, 99 queries should say "no object". DETR lowers the weight
# of that class to 0.1 (section 3.1; `--eos_coef` in the paper's `main.py`), so that the few matched
# queries are heard. What does a weighted cross-entropy compute?
#
# Four queries, K = 3. Query 2 is matched to a square (label 1), the others to nothing. The probabilities
# that they give to the *right* answer are 0.7, 0.5, **0.25** and 0.8, and their $-\log$, call it the
# query's *surprise*, is 0.36, 0.69, **1.39** and 0.22. Times the weights 0.1, 0.1, **1** and 0.1 and
# summed: 1.51. The loss is a mean, so this still has to be divided. Commit yourself:

# %%
predict("the divisor", ...)  # 1.51 divided by what? A number.

# %%
probabilities = torch.tensor(
    [[0.1, 0.1, 0.1, 0.7], [0.2, 0.2, 0.1, 0.5], [0.2, 0.25, 0.05, 0.5], [0.1, 0.05, 0.05, 0.8]]
)
answers = torch.tensor([3, 3, 1, 3])  # query 2: a square; the others: "no object", index K = 3
weights = torch.tensor([1.0, 1.0, 1.0, 0.1])  # one for each class, and 0.1 for "no object"

surprise = -probabilities[range(4), answers].log()
weight_of_query = weights[answers]
weighted_sum = (weight_of_query * surprise).sum()
by_torch = F.cross_entropy(probabilities.log(), answers, weight=weights)
print(f"weighted sum {weighted_sum:.3f}, F.cross_entropy {by_torch:.3f}, without weights", end=" ")
print(f"{F.cross_entropy(probabilities.log(), answers):.3f}")
reveal("the divisor", f"{weighted_sum / by_torch:.1f}, the sum of the weights: 1 + 3 x 0.1")


# %%
def draw_mean(ax, widths: Tensor, title: str) -> None:
    """Draw each query's surprise as a bar as wide as its weight, and the level of the weighted mean."""
    left_edges = (widths.cumsum(0) - widths).tolist()
    colors = [draw.PALETTE[0] if answer == 1 else "#BBBBBB" for answer in answers]
    ax.bar(left_edges, surprise.tolist(), widths.tolist(), align="edge", color=colors, edgecolor="white")
    mean = ((widths * surprise).sum() / widths.sum()).item()
    ax.axhline(mean, color=draw.PALETTE[5], lw=2)
    whole = widths.sum().item()
    ax.text(1.02 * whole, mean + 0.09, f"mean {mean:.2f}", color=draw.PALETTE[5], va="center")
    ax.set(title=title, xlabel="weight", xlim=(0, 1.3 * whole), ylim=(0, 1.6))
    ax.spines[["top", "right"]].set_visible(False)


# %%
figure = draw.new_figure(9.0, 2.8)
left, right = figure.subplots(1, 2)
draw_mean(left, torch.ones(4), "all weights 1: the object is one voice in four")
draw_mean(right, weight_of_query, '"no object" at 0.1: one voice in 1.3')
left.set_ylabel("−log p of the right answer")
left.text(2.5, 1.41, "matched", color=draw.PALETTE[0], ha="center")
right.text(0.7, 1.41, "matched", color=draw.PALETTE[0], ha="center")
alt = "Bars of four queries. Left, all equally wide: their mean is 0.66. Right, unmatched ones a tenth "
draw.show(figure, alt + "as wide: the mean is 1.16, close to the matched query's bar at 1.39.")

# %% [markdown]
# Width is weight, height is surprise, and the line is where the bars would level out. So the weights do
# not make the loss small; they decide **whose** surprise it shows. `F.cross_entropy(..., weight=...)`
# divides by the sum of the weights, and the paper's code relies on it (`loss_labels` in
# `models/detr.py`; the text of appendix A.2 says "by the number of objects", but we keep to the code).
# Dividing by the number of queries instead, 4 here, would make the class part 3 times smaller than
# meant. With 100 queries and 3 objects, where the weights sum to 3 + 97 × 0.1 = 12.7, it would be 8
# times smaller.

# %% [markdown]
# ## The box parts: two rulers
#
# A small box and one five times as large are wrong by the same *relative* error: both lie a fifth of
# their width too far to the right, and both are a fifth too tall.

# %%
predict("five times as large", ...)  # which part grows five-fold: "L1", "1 - GIoU", "both" or "none"?


# %% locked="two_rulers"
def two_rulers(box: Tensor, thing: Tensor) -> tuple[Tensor, Tensor]:
    """Return L1 and 1 - GIoU of one box [4] and one object [4], both (cx, cy, w, h)."""
    corners = box_cxcywh_to_xyxy(torch.stack([box, thing]))
    return (box - thing).abs().sum(), 1 - generalized_box_iou(corners[:1], corners[1:])[0, 0]


# %%
for size in (0.1, 0.5):
    thing = torch.tensor([0.5, 0.5, size, size])
    guess = torch.tensor([0.5 + size / 5, 0.5, size, size * 6 / 5])
    l1, misfit = two_rulers(guess, thing)
    print(f"size {size}: L1 {l1:.2f}, 1 - GIoU {misfit:.3f}")
reveal("five times as large", "L1 alone: 0.04 and 0.20; 1 - GIoU is 0.456 both times")

# %% [markdown]
# **L1 depends on the scale, GIoU does not.** The 0.20 of the large box is also the L1 price of a box
# that lies two whole widths beside the small object. Under L1 alone, large objects get most of the
# attention. This is why the paper adds GIoU (section 3.1).
#
# Then why keep L1? Take the box with which step 5 left every query, right in the middle, half as wide and
# half as high as the image, and an object that lies inside it. In which direction does each ruler pull?

# %%
middle = torch.tensor([0.5, 0.5, 0.5, 0.5], requires_grad=True)
inside, aside = torch.tensor([0.6, 0.45, 0.2, 0.2]), torch.tensor([0.85, 0.2, 0.1, 0.1])
for name, thing in (("an object inside", inside), ("an object beside", aside)):
    for ruler, part in zip(("L1", "1 - GIoU"), two_rulers(middle, thing), strict=True):
        (slope,) = torch.autograd.grad(part, middle, retain_graph=True)
        cx, cy, w, h = (-slope + 0.0).tolist()  # downhill
        print(f"{name}, {ruler:8}: cx {cx:+.2f}, cy {cy:+.2f}, w {w:+.2f}, h {h:+.2f}")

# %% [markdown]
# Inside, GIoU has **no opinion on the centre**: the large box may shift a little, and it still covers
# the object, and their hull is still the box. So it only shrinks. Beside, it pulls the centre the right way
# and at the same time makes the box *grow*, although the object is smaller; you saw this in step 0. L1 is
# right in all four numbers at once. What that does on the way:


# %%
def steps_to_arrive(goal: Tensor, weight_l1: float, weight_giou: float) -> str:
    """Let a box start in the middle and follow the gradient; return the steps until IoU is above 0.9."""
    raw = torch.zeros(4, requires_grad=True)  # before the sigmoid, as in step 5
    optimizer = torch.optim.Adam([raw], lr=0.01)
    for step in range(400):
        l1, misfit = two_rulers(raw.sigmoid(), goal)
        if misfit < 0.1:  # GIoU is never above IoU, so IoU is above 0.9
            return f"{step:5} steps"
        optimizer.zero_grad()
        (weight_l1 * l1 + weight_giou * misfit).backward()
        optimizer.step()
    return "not in 400"


# %%
for name, setting in {"L1 alone": (5, 0), "GIoU alone": (0, 2), "both": (5, 2)}.items():
    within, beside = steps_to_arrive(inside, *setting), steps_to_arrive(aside, *setting)
    print(f"{name:10}  object inside: {within}   object beside: {beside}")

# %% [markdown]
# For the object inside, GIoU is the quickest; for the one beside, it spends its steps on growing, and
# 400 are not enough. L1 always arrives and is slow about it. The two together are never the slowest. On
# COCO, the paper switched each of them off, in the loss and in the matching cost (table 4, 300 epochs):
#
# | class and ... | AP |
# |---|---|
# | L1, without GIoU | 35.8 |
# | GIoU, without L1 | 39.9 |
# | both | 40.6 |
#
# There GIoU does most of the work, as section 4.2 says, and L1 adds 0.7.
#
# ## Divide by what?
#
# The box parts are sums over pairs, and a batch with more objects must not give larger gradients, so
# they are divided. Two ways come to mind: by the number of objects in the whole batch, or image by
# image, and then take the mean over the images. Suppose that image 0 holds one object and image 1 holds
# five:

# %%
predict("lonely or crowded", ...)  # image by image: how many times harder is the lonely box pulled?

# %%
image_of_pair = torch.tensor([0, 1, 1, 1, 1, 1])
guesses, things = torch.rand(6, 4, requires_grad=True), torch.rand(6, 4)
errors = (guesses - things).abs().sum(dim=1)
means = torch.stack([errors[image_of_pair == image].mean() for image in (0, 1)])

for name, loss in {"by the batch's objects": errors.sum() / 6, "image by image": means.mean()}.items():
    (slope,) = torch.autograd.grad(loss, guesses, retain_graph=True)
    pulls = " ".join(f"{pull:.2f}" for pull in slope[:, 0].abs())
    print(f"{name:23} pull on each box's cx: {pulls}")
print("an image without objects:", errors[image_of_pair == 2].mean().item())
reveal("lonely or crowded", "five times: 0.50 against 0.10; by the batch's objects all six get 0.17")

# %% [markdown]
# Image by image, an object counts for less because it has company, and an image without any gives 0 / 0.
# Divided by the batch's objects, every object counts the same. The paper does so (section 3.1), and
# counts across all GPUs that share a batch, since one may hold far more objects than another (appendix
# A.2). A batch may hold no object at all; therefore the count is at least 1 (`forward` of
# `SetCriterion`, `models/detr.py`).
#
# ## Every layer is judged
#
# The decoder hands over the output of each layer, and the heads turn each into a set of predictions. The
# loss is computed for **every** one of them and summed: *auxiliary losses*. Each set is matched
# **anew**. An early layer may have its best box for an object in another query than the last layer has,
# and it should be told to improve that one. All layers have the same weights 1, 5 and 2.
#
# The paper found it helpful, "especially to help the model output the correct number of objects of each
# class" (section 3.2). How helpful, the maintainers measured when they were asked: 35.5 AP without, 40.8
# with ([issue 85](https://github.com/facebookresearch/detr/issues/85), 300 epochs). Without it, they
# add, more than one decoder layer seems to bring little.
#
# ## Pairs, as indices
#
# The matcher hands over two index tensors for each image. Used together they say it all: the left one
# *where*, the right one *what*.

# %%
labels = torch.tensor([2, 0])  # object 0 is a triangle, object 1 a circle
queries, objects = torch.tensor([3, 1]), torch.tensor([1, 0])  # query 3 has object 1, query 1 object 0
wanted = torch.full((5,), 3)  # five queries, all of them "no object", index K = 3 ...
wanted[queries] = labels[objects]  # ... but for the two that have an object
print("what each query should have said:", wanted.tolist())

# %% [markdown]
# ## TODO · The loss
#
# | difficulty | importance | minutes |
# |---|---|---|
# | ●●● | ●●● | 35 |
#
# What goes in, with B images, N queries, and M objects in an image:
#
# ```
# outputs   {"pred_logits": [B, N, K+1], "pred_boxes": [B, N, 4], "aux_outputs": [...]}
# targets   [{"labels": int64 [M], "boxes": [M, 4]}, ...]           one for each image
# matcher   matcher(outputs, targets) -> [(queries, objects), ...]  one for each image
# ```
#
# `outputs` is the last layer; `"aux_outputs"` lists the earlier ones, a dict of the same two tensors for
# each, and may be missing. Boxes are (cx, cy, w, h). The matcher's pair for an image holds two index
# tensors: `queries[i]` is matched to `objects[i]`, both counted within the image.
#
# 1. `__init__`: keep what you will need, `num_classes` and `matcher` under these very names (the
#    training of step 9 reads them there). The class weights are K + 1 numbers, 1 for each class and
#    `noobj_weight` for the last. They belong to the module, but must not be trained: make them a
#    *buffer*, `self.register_buffer(name, tensor)`. A buffer moves along with `.to(device)`, and no
#    optimiser sees it.
# 2. `one_layer`: match, then the three parts of one layer, unweighted. `class` is the weighted mean over
#    all B × N queries; `bbox` and `giou` are sums over all pairs of the batch, divided by the number of
#    **objects** in the batch, at least 1.
# 3. `forward`: the parts of the last layer under `"class"`, `"bbox"` and `"giou"`, for you to log, and
#    under `"total"` what is trained on: all layers, all parts, each times its weight. All four are
#    tensors, and gradients flow back from them.
#
# It has to work for images without objects, for a batch without any, and for an image with more objects
# than queries (then some objects have no pair, and they still count in the division). Begin with one image
# and one layer; so does the check.


# %% todo="detr_loss"
class DetrLoss(nn.Module):
    """Judge sets of predictions by the objects that they are matched to (paper, section 3.1)."""

    def __init__(
        self,
        num_classes: int,
        matcher: nn.Module,
        noobj_weight: float = 0.1,
        weight_class: float = 1.0,
        weight_bbox: float = 5.0,
        weight_giou: float = 2.0,
    ):
        super().__init__()
        ### BEGIN SOLUTION
        self.num_classes, self.matcher = num_classes, matcher
        self.weights = {"class": weight_class, "bbox": weight_bbox, "giou": weight_giou}
        class_weights = torch.ones(num_classes + 1)
        class_weights[num_classes] = noobj_weight
        self.register_buffer("class_weights", class_weights)
        ### END SOLUTION

    def one_layer(self, outputs: dict, targets: list[dict]) -> dict[str, Tensor]:
        """Return "class", "bbox" and "giou" of one layer, each a tensor with one number, unweighted."""
        ### BEGIN SOLUTION
        logits = outputs["pred_logits"].flatten(0, 1)  # [B * N, K + 1]
        answers = torch.full(outputs["pred_logits"].shape[:2], self.num_classes, device=logits.device)
        boxes, things = [], []
        for image, (queries, objects) in enumerate(self.matcher(outputs, targets)):
            answers[image, queries] = targets[image]["labels"][objects]
            boxes.append(outputs["pred_boxes"][image, queries])
            things.append(targets[image]["boxes"][objects])
        boxes, things = torch.cat(boxes), torch.cat(things)  # all pairs of the batch
        count = max(1, sum(len(target["labels"]) for target in targets))

        surprise = F.cross_entropy(logits, answers.flatten(), weight=self.class_weights)
        distance = (boxes - things).abs().sum()
        overlap = generalized_box_iou(box_cxcywh_to_xyxy(boxes), box_cxcywh_to_xyxy(things))
        misfit = (1 - overlap.diagonal()).sum()
        return {"class": surprise, "bbox": distance / count, "giou": misfit / count}
        ### END SOLUTION

    def forward(self, outputs: dict, targets: list[dict]) -> dict[str, Tensor]:
        """Return the last layer's parts, unweighted, and "total": all layers, weighted.

        outputs: "pred_logits" [B, N, K+1] and "pred_boxes" [B, N, 4] of the last layer, and perhaps
        "aux_outputs", a list of such dicts, one for each earlier layer.
        targets: for each image "labels" [M], 0 to K-1, and "boxes" [M, 4], (cx, cy, w, h); M may be 0.
        """
        ### BEGIN SOLUTION
        layers = [*outputs.get("aux_outputs", []), outputs]
        parts = [self.one_layer(layer, targets) for layer in layers]
        total = sum(self.weights[name] * part for layer in parts for name, part in layer.items())
        return {**parts[-1], "total": total}
        ### END SOLUTION


# %% tests="detr_loss" points=8
check.detr_loss(DetrLoss)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.detr_loss(DetrLoss)
### END HIDDEN TESTS

# %% [markdown] hints="detr_loss"
# <details><summary>Hint 1 · where to look</summary>
#
# Equation 2 of the paper, and the two demos above: the class part by hand, and `two_rulers`. In
# PyTorch's documentation: `F.cross_entropy` (its `weight`, and the shape of its target),
# `Module.register_buffer`, `torch.full`.
# </details>
#
# <details><summary>Hint 2 · the plan</summary>
#
# `one_layer`: fill a tensor [B, N] with the index of "no object". Go through the images with their
# pairs: write the matched queries' labels into that tensor; collect the matched boxes, and their
# objects' boxes in the same order. Then join the collected boxes, and compute each part once for the
# whole batch.
#
# `forward`: put the layers into one list, the last one last; call `one_layer` for each; add up.
# </details>
#
# <details><summary>Hint 3 · almost the line</summary>
#
# `answers[image, queries] = ...[objects]` writes the labels. `F.cross_entropy` takes logits [B·N, K+1]
# and labels [B·N]: flatten both. `generalized_box_iou` compares every box with every other; of its [M,
# M] result you need the pairs, `.diagonal()`. `outputs.get("aux_outputs", [])` is empty where there are
# none.
# </details>
#
# <details><summary>Help: "Expected target size [2, 5], got [2, 6]"</summary>
#
# `F.cross_entropy` looks for the classes in dimension 1, and there it finds your queries. Flatten [B, N,
# K+1] to [B·N, K+1], or transpose the last two dimensions. Do not reshape: that mixes up the numbers.
# </details>
#
# <details><summary>Help: IndexError, index 4 is out of bounds for dimension 0 with size 3</summary>
#
# The pair is swapped: the matcher gives queries first, then objects. Or labels go up to K: `validate` of step
# 6 would say so.
# </details>
#
# <details><summary>Help: the loss is NaN when there are no objects</summary>
#
# That is 0 / 0. Either the count may be 0, or a `.mean()` runs over no pairs. Sum, and divide by a count
# that is at least 1.
# </details>
#
# <details><summary>Help: ValueError about x0 and x1, or GIoU comes out far too low</summary>
#
# `generalized_box_iou` wants corners, and the boxes are (cx, cy, w, h).
# </details>
#
# <details><summary>Help: "element 0 of tensors does not require grad"</summary>
#
# Something on the way to the total cuts the graph: `.item()`, `.tolist()`, `.detach()`,
# `torch.no_grad()`, or numbers wrapped anew in `torch.tensor(...)`.
# </details>
#
# <details><summary>Help: "Expected all tensors to be on the same device", or to have the same dtype</summary>
#
# Something was made once, in `__init__`, as a plain attribute and stayed behind when the module was
# moved.
# </details>

# %% [markdown]
# ## The loss alone, without a network
#
# What does your loss ask for? Take the network away: ten loose predictions for each image, logits and
# boxes that are parameters themselves, start at random and follow the gradient of `"total"`. At every
# step they are matched anew, as in training.


# %%
def follow(targets: list[dict], steps: int = 250) -> tuple[list[dict], list[float]]:
    """Let ten loose predictions per image follow the loss; return outputs and total at every step."""
    generator, size = torch.Generator().manual_seed(0), (len(targets), 10, 4)
    logits = torch.randn(size, generator=generator).requires_grad_()
    raw = torch.randn(size, generator=generator).requires_grad_()  # boxes before the sigmoid
    criterion, path, totals = DetrLoss(3, HungarianMatcher()), [], []
    optimizer = torch.optim.Adam([logits, raw], lr=0.05)
    for _ in range(steps):
        total = criterion({"pred_logits": logits, "pred_boxes": raw.sigmoid()}, targets)["total"]
        path.append({"pred_logits": logits.detach().clone(), "pred_boxes": raw.detach().sigmoid()})
        totals.append(total.item())
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
    return path, totals


# %%
def read_off(outputs: dict) -> list[dict]:
    """Return, for each image, the boxes and labels of the queries that do not say "no object"."""
    winners = outputs["pred_logits"].argmax(dim=-1)
    pairs = zip(outputs["pred_boxes"], winners, strict=True)
    return [{"boxes": boxes[label < 3], "labels": label[label < 3]} for boxes, label in pairs]


# %%
six_targets = [target for _, target in six_images()]
path, totals = follow(six_targets)
figure, axes = draw.image_grid(1, 4)
for ax, step in zip(axes, (0, 15, 40, 249), strict=True):
    found = read_off(path[step])[3]
    words = f"step {step}: {len(found['labels'])} boxes, total {totals[step]:.2f}"
    draw.visualize(six_images()[3][0], found, ax, words)
alt = "One image with four objects after 0, 15, 40 and 249 steps. Random boxes turn into four boxes, "
draw.show(figure, alt + "each tight around its object and of the right class; the others are gone.")

# %%
print("step      total      boxes per image")
for step in (0, 15, 40, 100, 249):
    counts = [len(found["labels"]) for found in read_off(path[step])]
    print(f"{step:4} {totals[step]:10.3f}      {counts}")
print(f"{'objects':20} {[len(target['labels']) for target in six_targets]}")

# %% [markdown]
# The number of boxes finds its way to the number of objects by itself, without filter or threshold:
# spare queries are taught "no object", and a second box on an object is a spare query. The total is
# smallest for the right *set*, in whatever order. (Nothing has been learned here. These predictions
# belong to the six images and were told the answers. The network of day 5 has to give them for images
# that it has never seen.)
#
# ### How far the auxiliary losses reach
#
# Your decoder and your heads, six layers, ten queries, untrained, on a random memory; the targets are
# those of the six images, with 20 objects in all. For how many of the 20 does the matching of an earlier
# layer choose the same query as the matching of the last layer?

# %%
predict("same query", ...)  # of 20 objects, in an untrained decoder: a number

# %%
TransformerDecoder = load("04_decoder").TransformerDecoder
DetrPredictionHeads = load("05_heads").DetrPredictionHeads
torch.manual_seed(0)
decoder = TransformerDecoder(n_layers=6, d_model=64, n_heads=4, dim_ff=128).eval()
heads, matcher = DetrPredictionHeads(d_model=64, num_classes=3), HungarianMatcher()
memory, pos, query_pos = torch.randn(6, 64, 64), torch.randn(6, 64, 64), torch.randn(10, 64)
vectors = decoder(torch.zeros(6, 10, 64), memory, pos, query_pos.expand(6, -1, -1))
*earlier, last = [dict(zip(("pred_logits", "pred_boxes"), heads(one), strict=True)) for one in vectors]


# %%
def owners(outputs: dict) -> Tensor:
    """Return the query that each of the 20 objects is matched to."""
    return torch.cat([queries[objects.argsort()] for queries, objects in matcher(outputs, six_targets)])


same = [(owners(layer) == owners(last)).sum().item() for layer in earlier]
reveal("same query", f"layers 1 to 5: {', '.join(map(str, same))} of 20")

# %% [markdown]
# About half. Whoever reuses the last layer's pairs asks the others to move boxes that are not their
# best. Now the gradients. For each of the six layers, its length at one parameter (the layer's last one;
# in your decoder the bias of `norm3`, if you defined it last):

# %%
for name, outputs in {"last layer alone": last, "all layers": last | {"aux_outputs": earlier}}.items():
    total = DetrLoss(3, matcher)(outputs, six_targets)["total"]
    biases = [[*layer.parameters()][-1] for layer in decoder.layers]
    slopes = torch.autograd.grad(total, biases, retain_graph=True)
    print(f"{name:16}", "  ".join(f"{slope.norm():.2f}" for slope in slopes))

# %% [markdown]
# With the last layer alone, each layer is told only what the layers *after* it would have liked to get.
# With auxiliary losses, each is also told what its own answer was worth. Layer 1 hears six losses, layer
# 6 hears one, and the gradients grow with that number.

# %% [markdown]
# ## The weight of "no object"
#
# First, where it sits. Two queries that know nothing (all logits 0) in an image without objects, and
# then in an image with a triangle, label 2. In which direction will gradient descent move the four
# logits?

# %%
for labels in ([], [2]):
    logits = torch.zeros(1, 2, 4, requires_grad=True)
    target = {"labels": torch.tensor(labels, dtype=torch.int64), "boxes": torch.rand(len(labels), 4)}
    outputs = {"pred_logits": logits, "pred_boxes": torch.rand(1, 2, 4)}
    DetrLoss(3, matcher)(outputs, [target])["total"].backward()
    for query, downhill in enumerate((-logits.grad[0]).tolist()):
        print(f"labels {labels!s:4} query {query}:", "  ".join(f"{move:+.3f}" for move in downhill))

# %% [markdown]
# Without objects the last column rises for both queries: that is "no object", index K = 3. With the
# triangle one query is matched, and its column 2 rises, ten times as hard as column 3 of the other. So
# it is **your loss** that gives the columns their meaning. The head of step 5 did not know it, and in
# step 10, whoever reads predictions has to keep to it.
#
# Now the imbalance. Untrained heads as in step 5, 100 queries, and an image with three objects: which
# share of the class part's gradient reaches the three matched queries? (The length of the gradient at
# each query's logits, added up; the mean of 20 random starts.)

# %%
predict("share of the matched", ...)  # 3 of 100 queries, all weights 1: which share of the gradient, in %


# %%
def share_of_matched(num_queries: int, noobj_weight: float) -> float:
    """Return the matched queries' share of the class part's gradient, in untrained predictions."""
    criterion, target, shares = DetrLoss(3, matcher, noobj_weight), six_targets[2], []
    for seed in range(20):
        torch.manual_seed(seed)
        queries = F.layer_norm(torch.randn(1, num_queries, 256), (256,))
        logits, boxes = DetrPredictionHeads(d_model=256, num_classes=3)(queries)
        outputs = {"pred_logits": logits, "pred_boxes": boxes}
        (slope,) = torch.autograd.grad(criterion(outputs, [target])["class"], logits)
        [(matched, _)] = matcher(outputs, [target])
        shares.append(slope[0, matched].norm(dim=1).sum() / slope[0].norm(dim=1).sum())
    return torch.stack(shares).mean().item()


# %%
settings = [(10, 0.1), (10, 1.0), (100, 0.1), (100, 1.0)]
shares = {setting: share_of_matched(*setting) for setting in settings}
figure = draw.new_figure(8.4, 2.4)
ax = figure.add_subplot()
for row, share in enumerate(shares.values()):
    ax.barh(row, share, color=draw.PALETTE[0])
    ax.barh(row, 1 - share, left=share, color="#DDDDDD")
    ax.text(share + 0.01, row, f"{share:.0%}", color=draw.PALETTE[0], va="center")
ax.set_yticks(range(4), [f'{n} queries, "no object" at {w:g}' for n, w in settings])
ax.set(xlim=(0, 1), title="share of the class gradient that reaches the 3 matched queries")
ax.spines[["top", "right"]].set_visible(False)
words = "; ".join(f"{n} queries, weight {w:g}: {share:.0%}" for (n, w), share in shares.items())
draw.show(figure, f"Bars: the matched queries' share of the class gradient. {words}.")
reveal("share of the matched", f"{shares[100, 1.0]:.1%}; with weight 0.1 {shares[100, 0.1]:.1%}")

# %% [markdown]
# With equal weights, 98% of the gradient says "no object", and a model gets most of the way by saying
# so everywhere. At 0.1 the three matched queries have almost a fifth of the vote. The right weight
# depends on N and on the number of objects: with ten queries the same 0.1 gives the matched ones four
# fifths. (To someone who asked about 30 queries, the maintainers advised the default weight first, then
# twice and half of it, [issue 126](https://github.com/facebookresearch/detr/issues/126).)
#
# What should a query answer while it cannot tell whether it will be matched? Let all queries give one common
# answer, as they nearly did in step 5:

# %%
for num_queries in (100, 10):
    for weight in (1.0, 0.1):
        logits = torch.zeros(1, 1, 4, requires_grad=True)  # one answer for all queries
        boxes, optimizer = torch.rand(1, num_queries, 4), torch.optim.Adam([logits], lr=0.1)
        for _ in range(300):
            outputs = {"pred_logits": logits.expand(-1, num_queries, -1), "pred_boxes": boxes}
            optimizer.zero_grad()
            DetrLoss(3, matcher, weight)(outputs, [six_targets[2]])["class"].backward()
            optimizer.step()
        nothing, unmatched = logits.softmax(-1)[0, 0, 3].item(), weight * (num_queries - 3)
        by_hand = unmatched / (unmatched + 3)
        print(f'{num_queries:3} queries, weight {weight}: p("no object") = {nothing:.2f}', end=" ")
        print(f"(its share of the weights: {by_hand:.2f})")

# %% [markdown]
# The best common answer is each class's share of the weights. With 100 queries "no object" wins even at
# 0.1, so as long as queries are alike, silence is the best answer, and matched queries have to find
# their way out of it; watch for that in step 9. With ten queries at 0.1 naming a class is the best
# answer, for the spare ones too. On our toy set we will use `noobj_weight=0.2` and `weight_class=3`; step 9
# measures why.

# %% [markdown]
# ## Targets that lie
#
# Your loss believes its targets. Suppose that labels are counted from 1, as COCO's are: the triangles
# then have label 3, which is K.

# %%
predict("labels from 1", ...)  # an error, a loss that stays high, or neither?

# %%
shifted = [{"labels": target["labels"] + 1, "boxes": target["boxes"]} for target in six_targets]
lying_path, lying_totals = follow(shifted)
for name, end in (("labels from 0", path[-1]), ("labels from 1", lying_path[-1])):
    columns = end["pred_logits"].argmax(dim=-1).flatten().bincount(minlength=4).tolist()
    print(f"{name}: winners by column {columns}")
true_labels = torch.cat([target["labels"] for target in six_targets])
print(f"objects by true label      {true_labels.bincount().tolist()}")
ends = f"{lying_totals[-1]:.3f}, with true labels {totals[-1]:.3f}"
reveal("labels from 1", f"neither: the total ends at {ends}")

# %% [markdown]
# No error, and a total as low as it should be. But the 4 circles come out as squares, the 6 squares as
# triangles, and the 10 triangles are gone: each was matched to a query, and that query was taught "no
# object". The curve of the loss does not show it. `validate`, which you met in step 6, does: the training
# loop of step 9 calls it on every batch. And boxes in pixels, or corners in place of centre and size?

# %%
pixels = [{"labels": target["labels"], "boxes": 128 * target["boxes"]} for target in six_targets]
corners = [target | {"boxes": box_cxcywh_to_xyxy(target["boxes"])} for target in six_targets]
for name, targets in {"pixels": pixels, "corners": corners}.items():
    _, its_totals = follow(targets)
    print(f"{name}: total {its_totals[0]:.2f} at first, {its_totals[-1]:.2f} at the end")

# %% [markdown]
# Pixel boxes are not silent: the sigmoid ends at 1, so the predictions can never arrive and the loss stays
# where it is. Corners in fractions *are* silent, and they pass `validate` as well (step 6). Only looking
# helps against them.

# %% [markdown] locked="question_two_rulers"
# ## Written question (a) · why L1 and GIoU together?
#
# What is wrong with L1 alone, and what with GIoU alone? Give one reason each, with a number from this
# notebook or from the paper. Three to five sentences. (2 points)

# %% [markdown] written="two_rulers" points=2
# **Model answer.** *L1 alone* depends on the scale: the same relative error (a fifth of the width in
# place, a fifth in height) costs 0.04 on a small box and 0.20 on one five times as large, so large
# objects dominate the gradient and a small one can be missed cheaply. 1 - GIoU is 0.456 for both. *GIoU
# alone* is a poor guide while the box is far off: if the box contains the object it has no gradient for
# the centre at all, and beside the object it makes a box grow that is too large; in our walk it did not arrive
# within 400 steps where L1 took 265 and both together 195. L1 gives every coordinate a direction at any
# distance. Together they get 40.6 AP on COCO, GIoU without L1 39.9, L1 without GIoU 35.8 (table 4).
#
# **Rubric.** 1 point: L1 depends on the size of the object (large ones dominate), GIoU is relative. 1
# point: what L1 adds: a direction for all four numbers at any distance (containment, no overlap, growing
# first), or that GIoU without L1 loses 0.7 AP *with* a reason why. Half a point off where no number is
# given. "Both together are better" without a reason: nothing.

# %% [markdown] locked="question_auxiliary_loss"
# ## Written question (b) · what does the auxiliary loss do?
#
# The answers of decoder layers 1 to 5 are thrown away when DETR is used. Why are they judged in training
# all the same? And why is each of them matched anew? Three to five sentences. (2 points)

# %% [markdown] written="auxiliary_loss" points=2
# **Model answer.** Every layer is asked for a complete set of predictions, so each gets a gradient for
# its own answer and not only what the layers after it pass back: in our measurement layer 1 hears six
# losses, and its gradient is four to five times as large. Each layer then refines a set of boxes that
# means something, instead of handing on vectors that only the last layer has to make sense of; and since
# all layers share the heads, their vectors stay comparable. The paper says that it helps to output the
# right number of objects of each class, and without it the maintainers got 35.5 AP instead of 40.8.
# Matching is redone because in an early layer another query may be closest to an object (here, in about
# half the cases); with the last layer's pairs it would be told to move a box that is not its best, and the
# query that has the best box would be taught "no object".
#
# **Rubric.** 1 point: direct supervision of every layer (a gradient of its own, every layer learns to
# give a set, or: later layers refine). 1 point: why matched anew: the best query for an object differs
# between layers, and what follows if another layer's pairs are used. "It helps convergence" without a
# how: half a point.

# %% [markdown] locked="question_no_object"
# ## Written question (c) · the imbalance of "no object"
#
# An image with three objects, 100 queries. What goes wrong if all classes have the same weight in the
# cross-entropy, and what is DETR's remedy? What would go wrong if that weight were 0? Three to five
# sentences. (2 points)

# %% [markdown] written="no_object" points=2
# **Model answer.** 97 of 100 queries have the answer "no object", so with equal weights about 98% of
# the class gradient says just that. The easiest way to a low loss is to say "no object" everywhere (a
# common answer for all queries would give it probability 0.97), and the few matched queries are hardly
# heard; such a model looks trained and finds nothing. DETR multiplies the loss of the class "no object"
# by 0.1 and divides by the sum of the weights, so the matched queries get almost a fifth of the
# gradient. With weight 0 the unmatched queries would not be judged by anything: nobody would teach them
# to be silent, and they would go on naming objects, duplicates included, which the one-to-one matching
# was meant to rule out. The right weight depends on N and on the number of objects.
#
# **Rubric.** 1 point: the imbalance and what it leads to (everything "no object", matched queries
# drowned). 1 point: the remedy, weight 0.1 (factor 10) on that class *and* why it must not be 0
# (duplicates, false alarms). Half a point for the remedy alone.

# %% [markdown]
# ## Where the six images stand
#
# The model knows no more than in step 5. But what it will be asked for can be drawn: the ten loose
# predictions of each image, after your loss has moved them for 250 steps.

# %%
draw.six_so_far(lambda _: read_off(path[-1]), "no model: loose predictions that were told the answers")

# %% [markdown]
# This, then, is the picture that a low total stands for. Next, in step 8, you put backbone, encoder, decoder
# and heads together, and in step 9 this number trains them.
