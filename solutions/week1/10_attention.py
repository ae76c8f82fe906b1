# %% [markdown]
# # Step 10 · Inference and attention
#
# **Day 6 · about 90 minutes · 10 points for code, 4 for writing**
#
# *What you will have at the end:* your trained model as a detector that takes one image and hands back
# boxes, and a window into it: for every object it found, a map of where in the image its query looked, in
# every layer and every head.
#
# *Read first:* section 4.2 of [the paper](https://arxiv.org/abs/2005.12872), the paragraph "Number of
# decoder layers", with figures 4 and 6. *Not covered:* the encoder's self-attention (figure 3), which you
# can look at in the same way.

# %% [markdown]
# ## Recall
#
# Answer in your head, then unfold.
#
# <details><summary>Step 4: in cross-attention, what are the queries, what the keys, and what is the shape of the attention weights?</summary>
#
# The queries are made from the N slots, the keys from the L cells of the memory. So there are N × L
# weights for each image and each head. Each row, one slot's, is a softmax over the cells and sums to 1.
# </details>
#
# <details><summary>Step 5: K = 3, and a query's four probabilities are 0.1, 0.2, 0.1 and 0.6. What does it report?</summary>
#
# Nothing. Column 3, the last, is "no object", and it wins.
# </details>
#
# <details><summary>Steps 6 and 7: two queries have good boxes for one and the same object. What does the loss tell each of them?</summary>
#
# The matcher gives the object to one of them, which is pulled towards its class and box. The other is
# unmatched: it should say "no object", and its box enters no box loss.
# </details>

# %% locked="setup"
import torch
from torch import Tensor, nn
from torchvision.ops import batched_nms, box_convert
from tqdm.auto import tqdm

from detrlab import check, compare, draw, hint, progress, reveal, viewer
from detrlab import predict as guess
from detrlab.ap import average_precision, evaluate
from detrlab.checkpoint import load_toy_detr
from detrlab.steps import load
from detrlab.toy import CLASSES, make_synthetic_sample, six_images, validation_set
from detrlab.training import TOY_SIZES, initialise

_ = torch.manual_seed(0)

# %% [markdown]
# Today `predict` becomes a function of yours. The one that notes your predictions goes by the name of
# `guess` in this notebook.
#
# Everything below looks at the model that you trained in step 9. Its file, `toy_detr.safetensors`, lies
# beside this notebook; where there is none, the one that ships with the course is taken.

# %%
DETR = load("08_detr").DETR
model = load_toy_detr(DETR)
print(f"{sum(p.numel() for p in model.parameters()):,} parameters, in training mode: {model.training}")

# %% [markdown]
# <details><summary>Help: it "does not fit your model"</summary>
#
# The file holds the weights of a whole DETR, with an encoder, a decoder and so on as in steps 1 to 8. If
# one of these steps is not written yet, a stand-in takes its place, and its weights have other shapes.
# The checks of today work all the same, and so do all cells that do not use `model`. If your steps are
# complete and the sentence stays, you changed one of them after training: train again.
# </details>
#
# ## From ten answers to a list of objects
#
# The model gives K + 1 logits and a box for *every* query, whatever is in the image. What turns them into
# a list of objects? In older detectors: a threshold, then non-maximum suppression with a second
# threshold, class by class. In DETR this is all:
#
# 1. **Softmax** over the K + 1 logits of each query. The column with the largest probability is
#    its answer; that probability is its *score*.
# 2. Leave out every query whose answer is **"no object"**.
# 3. Leave out every query whose score is **below a threshold**. 0.7 is what the authors' demo takes
#    (`notebooks/detr_demo.ipynb`, branch `colab` of facebookresearch/detr).
#
# No query looks at another one here. That two of them do not report the same object is the business of
# the training (one positive for each object) and of self-attention in the decoder.
#
# By hand, with three queries and a low threshold: how many of them are kept?

# %%
guess("kept at 0.25", ...)  # the threshold is 0.25: how many of the three queries below are kept?

# %%
names = [*CLASSES, "no object"]
three = torch.tensor([[0.90, 0.03, 0.02, 0.05], [0.30, 0.10, 0.05, 0.55], [0.45, 0.25, 0.10, 0.20]])
for query, row in enumerate(three):
    answer = names[row.argmax()]
    verdicts = {
        threshold: "kept" if answer != "no object" and row.max() >= threshold else "-"
        for threshold in (0.7, 0.4, 0.25)
    }
    print(f"query {query}: {answer:9} {row.max():.2f}   {verdicts}")
reveal("kept at 0.25", "two. Query 1 gives 'circle' 0.30, but its answer is 'no object'")

# %% [markdown]
# Query 1 is the trap. Whoever drops the column of "no object" *first* and then takes the largest of what is
# left finds a circle with 0.30, over the threshold, in a query that said "no object". Above 0.5 it makes
# no difference: a column with more than half of the probability is the largest. Below, it does.
#
# Three things around the forward pass decide whether the numbers are right:
#
# - **The mode.** Dropout belongs to training. `model.eval()` switches it off, for all parts;
#   `model.train(mode)` goes back to a mode that you have noted before. Whoever only *looks* at a model should
#   leave it as it was: step 9 measures in the middle of a training.
# - **No gradient.** Within `torch.no_grad()` PyTorch keeps no record for a backward pass. Without it
#   every box that you keep holds the whole graph of its forward pass in memory.
# - **The pixels.** At inference an image gets exactly what it got in training, once. The toy model takes
#   it as it is, in [0, 1]: its backbone standardises the pixels itself (`Standardise` in
#   `detrlab/backbones.py`). A ResNet with ImageNet weights would want them normalised by you.

# %% [markdown]
# ## TODO 1 · Predict
#
# | difficulty | importance | minutes |
# |---|---|---|
# | ●●○ | ●●● | 15 |
#
# One image, [3, H, W], in; a dict of four out, all about the n queries that are kept. "Kept" means: the
# argmax over all K + 1 is not "no object", **and** its probability reaches the threshold (equal counts).
# K is not always 3.
#
# - `"boxes"` [n, 4], as the model gives them: (cx, cy, w, h) in [0, 1]. `"classes"` [n] and `"scores"`
#   [n].
# - `"query_indices"` [n]: which of the N queries they are. You will need them to look up what each one
#   saw.
#
# n may be 0; the shapes are [0, 4] and [0] then. No gradient is tracked, and the model has the mode it
# came in when you return. (Restore it in the `finally` of a `try`, and it is restored even if the model
# raises an error. The check does not ask for that here; in TODO 2 it will.)


# %% todo="predict"
def predict(model: nn.Module, image: Tensor, score_threshold: float = 0.7) -> dict[str, Tensor]:
    """Return what the model finds in one image [3, H, W]: the n queries that name an object.

    "boxes" [n, 4], (cx, cy, w, h) in [0, 1]; "classes" [n] in 0..K-1; "scores" [n], the classes'
    probabilities, none below score_threshold; "query_indices" [n], which of the N queries they are.
    """
    ### BEGIN SOLUTION
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            outputs = model(image[None])
    finally:
        model.train(was_training)

    probabilities = outputs["pred_logits"][0].softmax(dim=-1)  # [N, K+1]
    scores, classes = probabilities.max(dim=-1)
    no_object = probabilities.shape[-1] - 1
    kept = ((classes != no_object) & (scores >= score_threshold)).nonzero().flatten()
    boxes = outputs["pred_boxes"][0]
    return {
        "boxes": boxes[kept],
        "classes": classes[kept],
        "scores": scores[kept],
        "query_indices": kept,
    }
    ### END SOLUTION


# %% tests="predict" points=4
check.predict(predict)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.predict(predict)
### END HIDDEN TESTS

# %% [markdown] hints="predict"
# <details><summary>Hint 1 · where to look</summary>
#
# The three numbered rules above, and the example under them. A model wants a batch: `image[None]` makes
# one of one image, and `[0]` takes its predictions out again.
# </details>
#
# <details><summary>Hint 2 · the plan</summary>
#
# Note `model.training`; eval mode; forward without gradients; the old mode again. Softmax over the last
# dimension; `max` of that gives scores and answers in one call. Two conditions make a mask [N]; its
# `nonzero` gives the numbers of the kept queries. Index boxes, classes and scores with them.
# </details>
#
# <details><summary>Hint 3 · almost the line</summary>
#
# `scores, classes = ...softmax(dim=...).max(dim=...)`, and for the numbers of the kept ones `((classes !=
# ...) & (...)).nonzero().flatten()`. The index of "no object" is the number of columns minus 1.
# </details>
#
# <details><summary>Help: "The truth value of a Tensor with more than one value is ambiguous"</summary>
#
# For masks it is `&`, not `and`, with a bracket around each condition: `(a != b) & (c >= d)`.
# </details>
#
# <details><summary>Help: my boxes are [1, n, 4]</summary>
#
# The batch dimension is still there. Take image 0 of `pred_logits` *and* of `pred_boxes`.
# </details>
#
# <details><summary>Help: "Expected all tensors to be on the same device"</summary>
#
# Your model is on a GPU and the image is not. `image.to(next(model.parameters()).device)` brings it
# there.
# </details>

# %% [markdown]
# ### Look at what you built
#
# The fifth of the six held-out images, all ten queries with their answers, and what `predict` keeps:

# %%
image, target = six_images()[4]
found = predict(model, image)
with torch.no_grad():
    probabilities = model(image[None])["pred_logits"][0].softmax(dim=-1)


# %%
def draw_answers(ax, probabilities: Tensor, kept: list[int]) -> None:
    """Draw one bar for each query, divided by its probabilities, with its answer and a tick if kept."""
    left = torch.zeros(len(probabilities))
    for column in range(len(names)):
        ax.barh(range(len(left)), probabilities[:, column], left=left, color=draw.class_color(column))
        left += probabilities[:, column]
    for query, (score, best) in enumerate(zip(*probabilities.max(dim=-1), strict=True)):
        words = f"{names[best]} {score:.2f}" + " ✓" * (query in kept)
        ax.text(1.02, query, words, va="center", fontsize=9)
    ax.set(yticks=range(len(left)), ylabel="query", xticks=[0, 0.5, 1], xlim=(0, 1.45))
    ax.set_title("probabilities", fontsize=9, loc="left")
    ax.invert_yaxis()
    ax.spines[["top", "right"]].set_visible(False)


# %%
figure = draw.new_figure(9.6, 3.6)
picture, bars = figure.subplots(1, 2, width_ratios=[1, 1.5])
draw.visualize(image, found, picture, f"{len(found['scores'])} kept, {len(target['labels'])} there")
draw_answers(bars, probabilities, found["query_indices"].tolist())
kinds = ", ".join(names[label] for label in found["classes"])
alt = f"Left: an image with the boxes kept: {kinds}. Right: for each of the ten queries a bar, divided "
draw.show(figure, alt + "among the three classes and 'no object' by their probabilities.")

# %% [markdown]
# Each bar is one query's budget of 1: blue, orange and green for circle, square and triangle, pink for
# "no object". A tick marks what was kept. A box belongs to every bar, also to the pink ones. Nobody looks
# at those.
#
# ### Where "no object" sits
#
# The loss has told matched queries to name an object and all others to say "no object". Did they learn
# it? On 100 validation images, with your matcher of step 6:

# %%
HungarianMatcher = load("06_matcher").HungarianMatcher
images, targets = zip(*validation_set(), strict=True)
with torch.no_grad():
    outputs = model(torch.stack(images[:100]))
no_object = outputs["pred_logits"].softmax(dim=-1)[..., -1]  # [100, N]
matched = torch.zeros_like(no_object, dtype=torch.bool)
for number, (queries, _) in enumerate(HungarianMatcher()(outputs, list(targets[:100]))):
    matched[number, queries] = True

# %%
figure = draw.new_figure(9.6, 2.6)
ax = figure.subplots()
words = []
for one, name, color in ((matched, "matched", draw.PALETTE[0]), (~matched, "unmatched", draw.PALETTE[5])):
    values = no_object[one]
    ax.hist(values, bins=20, range=(0, 1), histtype="step", linewidth=2, color=color)
    side = 0.17 if name == "matched" else 0.83
    ax.text(side, 0.85, name, color=color, fontsize=11, ha="center", transform=ax.transAxes)
    undecided = ((values > 0.2) & (values < 0.8)).float().mean()
    words.append(
        f"{name}: {len(values)} queries, mean {values.mean():.2f}; from 0.2 to 0.8: {undecided:.0%}"
    )
ax.set(yscale="log", xlabel="probability of 'no object'", ylabel="queries (log scale)")
ax.spines[["top", "right"]].set_visible(False)
print("\n".join(words))
alt = "Two histograms of the probability of no object. Matched queries gather at 0, unmatched ones at 1. "
draw.show(figure, alt + "; ".join(words) + ".")

# %% [markdown]
# Two heaps, one at each end: most queries know whether they are wanted. Between them are the undecided;
# their share is printed above the picture (mind its logarithmic scale). They are the ones for whom it
# matters where the threshold lies.
#
# ### Without NMS, does anything double?
#
# The claim of the whole week is that DETR needs no NMS. Test it on all 200 validation images. Your
# predictions at threshold 0 (whoever does not say "no object"), filtered by score, are those at every
# higher threshold:

# %%
everything = [predict(model, image, score_threshold=0.0) for image in tqdm(images)]


# %%
def at_least(threshold: float) -> list[dict[str, Tensor]]:
    """Return, for each image, what was found with at least this score."""
    return [{k: v[one["scores"] >= threshold] for k, v in one.items()} for one in everything]


def without_overlaps(found: list[dict[str, Tensor]], iou: float = 0.5) -> list[dict[str, Tensor]]:
    """Suppress, class by class, what overlaps something better by more than this IoU."""
    thinned = []
    for one in found:
        corners = box_convert(one["boxes"], "cxcywh", "xyxy")
        left = batched_nms(corners, one["scores"], one["classes"], iou)
        thinned.append({name: values[left] for name, values in one.items()})
    return thinned


# %%
guess("what NMS does", ...)  # how much AP does NMS add to DETR's predictions? For example "+0.05"


# %%
def count(found: list[dict[str, Tensor]]) -> int:
    """Count the boxes in all images."""
    return sum(len(one["boxes"]) for one in found)


print(f"objects in the 200 images: {sum(len(target['labels']) for target in targets)}")
print("threshold   boxes   left by NMS")
for threshold in (0.3, 0.5, 0.7, 0.9):
    boxes = at_least(threshold)
    print(f"{threshold:9} {count(boxes):7} {count(without_overlaps(boxes)):13}")
plain = average_precision(everything, targets)["AP"]
thinned = average_precision(without_overlaps(everything), targets)["AP"]
reveal("what NMS does", f"{thinned - plain:+.3f}: AP {plain:.3f} without it, {thinned:.3f} with it")

# %% [markdown]
# Read the two results together. NMS does find boxes to take away: a small model, after minutes of
# training, still reports some objects twice. (They are doubles: two toy objects never share so much of their
# area.) And yet AP hardly moves. The
# doubles are mostly among the less sure boxes, as the rows of the table show, and an unsure box costs AP
# little; and of two boxes on one object NMS keeps the one with the higher score, which need not be the
# one that fits better. In the paper NMS helps after the first layer, where the slots have not heard of each
# other yet, less with every further one, and costs a little after the last (section 4.2, figure 4).
#
# The threshold, on the other hand, is a real choice: compare the boxes with the objects. It is not part
# of the model, and AP does not need one. For AP every query even names its best *real* class, "no object"
# or not, as step 5 said:

# %%
twice = [((image - 0.5) / 0.25, target) for image, target in validation_set()]
readings = {
    "every query names its best real class": evaluate(model, validation_set())["AP"],
    "without those that say 'no object'": plain,
    "only what is kept at 0.7": average_precision(at_least(0.7), targets)["AP"],
    "every query, pixels standardised twice": evaluate(model, twice)["AP"],
}
for name, ap in readings.items():
    print(f"{name:40} AP {ap:.3f}")

# %% [markdown]
# The first three lines are one model, read in three ways. What is *shown* to people is not what is
# *measured*: an unsure box may still gain a little AP, but nobody wants to see it. Say which one you mean
# when you compare numbers.
#
# The last line is a mistake that raises no error: pixels standardised once by you and once by the model.
# The price is small here, and that is luck: the group norm behind the first convolution takes out any
# change of scale, so that only a shift in brightness is left.

# %% [markdown]
# ## Where does a query look? Hooks
#
# The answer is computed in every forward pass: the attention weights of the decoder's cross-attention.
# But your layers throw them away. The solution's, like those of the check's model, even say
# `need_weights=False`, so that PyTorch may use a faster way that never writes the weights down. You could edit step 4, return the weights through layer,
# decoder and model, and break every contract on the way. There is a better door.
#
# A **forward hook** is a function of yours that PyTorch calls each time a module has run, with the
# module, its arguments and its output (you met one in step 8). A **forward pre-hook** is called just
# *before*, and may change the arguments. Here is a pair of modules with the same problem as ours. The
# inner one can explain itself, and the outer one does not ask:


# %%
class Doubler(nn.Module):
    """Double a number; say how, if asked."""

    def forward(self, number: int, explain: bool = False) -> tuple[int, str | None]:
        return 2 * number, f"{number} + {number}" if explain else None


class Outer(nn.Module):
    """Double a number and add 1."""

    def __init__(self):
        super().__init__()
        self.doubler = Doubler()

    def forward(self, number: int) -> int:
        doubled, _ = self.doubler(number, explain=False)
        return doubled + 1


outer, seen = Outer(), []
handle = outer.doubler.register_forward_hook(lambda module, args, output: seen.append(output))
print("the result:", outer(5), "  what the hook saw:", seen)

# %% [markdown]
# The hook got the output of the *inner* module, which never leaves the outer one. But the explanation is
# None: nobody asked for it. So a pre-hook has to change the argument on its way in. With
# `with_kwargs=True` it also gets the keyword arguments, and returns the pair (args, kwargs) that the
# module shall be called with.

# %%
guess("result with the pre-hook", ...)  # explain=True from now on: what does outer(5) return?


# %%
def ask_for_it(module: nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """Hand the arguments on, with one of them changed."""
    return args, {**kwargs, "explain": True}


pre_handle = outer.doubler.register_forward_pre_hook(ask_for_it, with_kwargs=True)
reveal("result with the pre-hook", f"{outer(5)}, as before; and the hook saw {seen[-1]}")
handle.remove()
pre_handle.remove()
print("after remove():", outer(7), "  seen so far:", seen)

# %% [markdown]
# Two outputs are in the list, and the third call left no trace, because both hooks were gone. What to
# know about hooks:
#
# - They run when a module is **called**, `module(x)`, and not by `module.forward(x)`.
# - A forward hook that **returns** something replaces the output by it. `list.append` returns None, so
#   `seen.append` is safe.
# - They **stay until removed**, through all later calls, in training too. A forgotten hook costs time and
#   memory at every step, and its list grows.
#
# The last point has a sharp edge. What if the model raises an error between registering and removing?


# %%
def hooks_on(module: nn.Module) -> int:
    """Count the hooks on a module and its parts."""
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules())


def spy(module: nn.Module, careful: bool) -> None:
    """Register a hook, call the module with nonsense, remove the hook."""
    handle = module.doubler.register_forward_hook(lambda *_: None)
    try:
        module(None)
    finally:
        if careful:
            handle.remove()
    handle.remove()


for careful in (False, True):
    outer = Outer()
    try:
        spy(outer, careful)
    except TypeError as error:
        words = "in `finally`" if careful else "on the last line only"
        print(f"remove() {words}: {hooks_on(outer)} hook(s) left, and the error arrives: {error}")

# %% [markdown]
# The lines in `finally` run in any case, and then the error goes on its way to the caller, who should see
# it. The last line of `spy` is never reached when `module(None)` fails.

# %% [markdown]
# ## TODO 2 · Cross-attention maps
#
# | difficulty | importance | minutes |
# |---|---|---|
# | ●●● | ●●● | 25 |
#
# For one image: where does each of the N queries look, in every decoder layer? Return [n_dec_layers, N,
# H', W'], first layer first.
#
# - The weights are the second part of what `layer.cross_attn` returns, for each layer in
#   `model.decoder.layers`: [1, N, L] for a batch of one. Two arguments of `nn.MultiheadAttention` matter:
#   `need_weights`, and `average_attn_weights`, which decides whether you get the mean over the heads or,
#   [1, n_heads, N, L], each on its own. With `heads=True` hand them back apart, [n_dec_layers, n_heads,
#   N, H', W'].
# - L cells were a map of H' × W' once, read row by row. Which map? L = 16 may be 4 × 4 or 2 × 8. What
#   `model.backbone` returns has the answer; images need not be square.
# - Each map is a softmax over the cells: it sums to 1.
# - Leave no trace: eval mode for the pass, no gradient, and afterwards, **also after an error**, every
#   hook is removed and the mode is the old one.
#
# Write it in three passes, with the check after each: first the maps with `heads=False` (it will then complain
# about hooks), then removal and mode in `finally`, then `heads=True`.


# %% todo="cross_attention_maps"
def cross_attention_maps(model: nn.Module, image: Tensor, heads: bool = False) -> Tensor:
    """Return where each query looks in an image [3, H, W]: maps [n_dec_layers, N, H', W'].

    Each map sums to 1. With heads=True those of the single heads, [n_dec_layers, n_heads, N, H', W'],
    without it their mean. The model keeps its mode and no hooks, also where it raises an error.
    """
    ### BEGIN SOLUTION
    kept, handles = [], []

    def ask(attention, args, kwargs):
        return args, kwargs | {"need_weights": True, "average_attn_weights": not heads}

    def keep(attention, args, output):
        kept.append(output[1][0])  # the first image of one: [N, L], or [n_heads, N, L]

    was_training = model.training
    model.eval()
    try:
        for layer in model.decoder.layers:
            handles.append(layer.cross_attn.register_forward_pre_hook(ask, with_kwargs=True))
            handles.append(layer.cross_attn.register_forward_hook(keep))
        with torch.no_grad():
            rows, columns = model.backbone(image[None]).shape[-2:]
            model(image[None])
    finally:
        for handle in handles:
            handle.remove()
        model.train(was_training)
    return torch.stack(kept).unflatten(-1, (rows, columns))
    ### END SOLUTION


# %% tests="cross_attention_maps" points=4
check.cross_attention_maps(cross_attention_maps)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.cross_attention_maps(cross_attention_maps)
### END HIDDEN TESTS

# %% [markdown] hints="cross_attention_maps"
# <details><summary>Hint 1 · where to look</summary>
#
# The pair `Doubler` and `Outer`: your `cross_attn` is the doubler, `need_weights` is its `explain`. For
# the way back from a list to a map, step 8 under "From a map to a list": there it was `flatten(2)`.
# </details>
#
# <details><summary>Hint 2 · the plan</summary>
#
# Two inner functions: a pre-hook that returns the arguments with two of them changed, and a forward hook
# that appends the weights of image 0 to a list. In a `try`: register both on each layer's `cross_attn`
# and collect the handles; without gradients, ask the backbone for H' and W', then run the model. In its
# `finally`: remove all handles, restore the mode. At the end, stack the list and split its last dimension
# in two.
# </details>
#
# <details><summary>Hint 3 · almost the line</summary>
#
# `{**kwargs, "need_weights": ..., "average_attn_weights": ...}` in the pre-hook; `output[1]` in the hook;
# `features.shape[-2:]` for the size; `torch.stack(...).unflatten(-1, (..., ...))` at the end, which works
# with heads and without.
# </details>
#
# <details><summary>Help: "'NoneType' object is not subscriptable"</summary>
#
# The weights are None: `need_weights=True` did not arrive. Is the pre-hook registered with
# `with_kwargs=True`, on the same module, and does it *return* the pair?
# </details>
#
# <details><summary>Help: "missing 1 required positional argument: 'kwargs'", or "must return None or a tuple"</summary>
#
# Without `with_kwargs=True` a pre-hook gets (module, args) only. With it, it gets (module, args, kwargs)
# and returns the pair (args, kwargs), both of them, even if only one has changed.
# </details>
#
# <details><summary>Help: "unflatten: Provided sizes ... don't multiply up to the size of dim"</summary>
#
# Rows times columns are not L. Print both. Did you compute the size from the image, or take a root? Or
# are these not attention weights at all, but `output[0]`?
# </details>
#
# <details><summary>Help: the second call returns twice as many layers</summary>
#
# Your list is made outside the function, or the hooks of the first call are still there and fill it
# again. Make the list inside, and remove the hooks.
# </details>

# %% [markdown]
# ### Look at what you built
#
# One image, one kept query, its maps as they are: 8 × 8 numbers in each of the three layers.

# %%
maps = cross_attention_maps(model, image)
query = int(found["query_indices"][0])
sums = maps.sum(dim=(-2, -1))
print(f"maps {list(maps.shape)}, their sums from {sums.min():.4f} to {sums.max():.4f}")

figure = draw.new_figure(9.6, 2.6)
axes = figure.subplots(1, 4)
one = {name: values[:1] for name, values in found.items()}
draw.visualize(image, one, axes[0], f"query {query}")
for layer, ax in enumerate(axes[1:]):
    draw.heatmap(maps[layer, query], ax, f"layer {layer + 1}")
peak = [round(maps[layer, query].max().item(), 2) for layer in range(len(maps))]
alt = f"An image with the box of query {query}, and its attention over 8 by 8 cells in three layers. "
draw.show(figure, alt + f"The largest shares of a cell are {peak}.")

# %% [markdown]
# Even shares would be 1/64, about 0.016; look at the colour bars. And an image that is not square, two
# toy samples side by side, cut to 128 × 192. The model has never seen one:

# %%
pair = [make_synthetic_sample(20_200_528, index)[0] for index in (0, 1)]
wide = torch.cat(pair, dim=2)[:, :, :192]
wide_maps = cross_attention_maps(model, wide)
every_head = cross_attention_maps(model, wide, heads=True)
print(f"image {list(wide.shape)}: maps {list(wide_maps.shape)}, by head {list(every_head.shape)}")
gap = (every_head.mean(dim=1) - wide_maps).abs().max().item()
print(f"largest difference between the mean of the heads and the maps: {gap:.0e}")
print(f"hooks left on the model: {hooks_on(model)}")

# %% [markdown]
# ## A map over an image
#
# A map of 8 × 12 cells and a picture of 128 × 192 pixels: to lay one over the other, their edges have to
# meet. Matplotlib gives each number of a matrix one unit, so the map ends up in a corner. `extent` says
# in the picture's units where the edges of the map are: left, right, bottom, top. `imshow` centres pixel
# 0 at 0, so it begins at -0.5.

# %%
sighted = predict(model, wide, score_threshold=0.0)
query = int(sighted["query_indices"][sighted["scores"].argmax()])  # the surest
figure = draw.new_figure(9.6, 2.6)
axes = figure.subplots(1, 3)
settings = ({}, {"alpha": 0.6}, {"alpha": 0.6, "extent": (-0.5, 191.5, 127.5, -0.5)})
titles = ("the map alone", "over the image", "over the image, with extent")
for ax, options, title in zip(axes, settings, titles, strict=True):
    if options:
        ax.imshow(wide.permute(1, 2, 0).numpy())  # matplotlib wants the channels last
    ax.imshow(wide_maps[-1, query].numpy(), cmap="magma", **options)
    ax.set(xlim=(-0.5, 191.5) if options else None, ylim=(127.5, -0.5) if options else None)
    ax.set_title(title, fontsize=9, loc="left")
alt = "A map of 8 by 12 cells alone; over an image of 128 by 192 pixels, where it fills a small corner; "
draw.show(figure, alt + "and with extent, where it covers the whole image.")

# %% [markdown]
# The bottom edge has the *larger* number, because in images y grows downwards. (Why not `draw.heatmap`?
# It adds a colour bar and is not transparent. For maps over images `imshow` is the tool.)

# %% [markdown]
# ## TODO 3 · The picture
#
# | difficulty | importance | minutes |
# |---|---|---|
# | ●○○ | ●●○ | 15 |
#
# Put it together: one figure that shows what was found and where each finder looked.
#
# - First panel: the image with the kept boxes. `draw.visualize(image, found, ax, title)` draws what
#   `predict` returned.
# - Then one panel for **each kept query**: the image, and over it the query's map from the **last**
#   decoder layer, drawn by `imshow` as a matrix of its own, over the whole image, half transparent.
# - If nothing is kept, the figure has the image alone.
# - **Return** the Figure and do not show it. (`draw.show` empties a figure once it is shown.)
#
# How many panels stand in a row, colours and titles are up to you. `figure = draw.new_figure(width,
# height)`, in inches, then `figure.subplots(rows, columns, squeeze=False)` makes a grid of axes.
# `ax.set_axis_off()` hides a panel that stays empty.
#
# A check cannot judge a picture as you do. It asks the figure some questions: which panels hold an image,
# which a matrix, where the matrix's edges and its brightest cell are, how many boxes there are.


# %% todo="predict_and_visualize"
def predict_and_visualize(model: nn.Module, image: Tensor, score_threshold: float = 0.7):
    """Return a matplotlib Figure: the image with the kept boxes, then a heat map for each kept query.

    The maps are those of the last decoder layer, each drawn over the image, half transparent.
    """
    ### BEGIN SOLUTION
    found = predict(model, image, score_threshold)
    maps = cross_attention_maps(model, image)[-1]
    height, width = image.shape[-2:]
    queries = found["query_indices"].tolist()

    rows = -(-(1 + len(queries)) // 4)
    figure = draw.new_figure(9.6, rows * (0.3 + 2.3 * height / width))
    axes = figure.subplots(rows, 4, squeeze=False).flatten()
    draw.visualize(image, found, axes[0], f"{len(queries)} found")
    for ax in axes[1:]:
        ax.set_axis_off()
    for ax, query in zip(axes[1:], queries, strict=False):  # the last row may have panels left
        draw.visualize(image, None, ax, f"query {query}")
        edges = (-0.5, width - 0.5, height - 0.5, -0.5)
        ax.imshow(maps[query].numpy(), cmap="magma", alpha=0.6, extent=edges)
    return figure
    ### END SOLUTION


# %% tests="predict_and_visualize" points=2
check.predict_and_visualize(predict_and_visualize)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.predict_and_visualize(predict_and_visualize)
### END HIDDEN TESTS

# %% [markdown] hints="predict_and_visualize"
# <details><summary>Hint 1 · where to look</summary>
#
# The example just above draws one such panel, the third. `found["query_indices"]` says whose maps to
# draw.
# </details>
#
# <details><summary>Hint 2 · the plan</summary>
#
# `predict`, then the maps of the last layer. There are 1 + n panels; four in a row look good, and the
# number of rows is rounded up. `.flatten()` makes one list of a grid of axes. Panel 0: image and boxes.
# Panel i + 1: the image, and the map whose number stands in `query_indices[i]`. Hide what is left over.
# Return.
# </details>
#
# <details><summary>Hint 3 · almost the line</summary>
#
# `for ax, query in zip(axes[1:], found["query_indices"].tolist()):`, and in it `draw.visualize(image,
# None, ax, ...)`, then `ax.imshow(...[query], alpha=..., extent=(...))` with height and width of the
# image in place of 128 and 192.
# </details>
#
# <details><summary>Help: "Invalid shape (3, 128, 128) for image data"</summary>
#
# Matplotlib wants [H, W, 3]: `image.permute(1, 2, 0)`. `draw.visualize` does it for you.
# </details>
#
# <details><summary>Help: zip() argument 2 is shorter than argument 1</summary>
#
# A grid of 2 × 4 has panels left over. Leave `strict=True` out, or cut `axes` to the number of queries.
# </details>

# %%
figure = predict_and_visualize(model, image)
kinds = ", ".join(names[label] for label in found["classes"])
alt = f"The image with {len(found['boxes'])} boxes ({kinds}), then a panel for each kept query with its "
draw.show(figure, alt + "attention in the last layer over the image.")

# %%
figure = predict_and_visualize(model, wide, score_threshold=0.5)
alt = "The wide image with the boxes found in it, and the maps of their queries over the whole of it."
draw.show(figure, alt)

# %% [markdown]
# The wide image works as well, although its map has half as many cells again as any in training: nothing
# in the model depends on the number of cells. Do not expect the same quality. Positions are normalised to
# the image (step 2), so to the model everything in this one is squeezed sideways, and it has met no such
# objects.

# %% [markdown]
# ## Look around
#
# Choose a query, a layer and a head. The queries that found something come first in the menu, then the
# silent ones. (The menus need a running notebook. The figures below them show the same to those who only
# read.)

# %%
heads = cross_attention_maps(model, image, heads=True)  # [3 layers, 4 heads, 10 queries, 8, 8]
viewer.explore(image, heads, found)

# %%
alt = "A row for each decoder layer, a column for each kept query: its box, and its attention."
draw.show(viewer.all_layers(image, heads, found), alt)

# %%
query = int(found["query_indices"][0])
alt = f"Query {query}: a row for each layer, a column for the mean and one for each head."
draw.show(viewer.all_heads(image, heads, found, query), alt)

# %% [markdown]
# In the upper figure, follow one column down, from layer 1 to 3: the same query, layer after layer,
# shifting its gaze. In the lower one, follow a row to the right, from the mean to the
# single heads. Each head has its own projections, so each can look for something else; find one that
# looks beside the object. Their mean, which is what `nn.MultiheadAttention` returns unless it is told
# otherwise, blurs this.

# %% [markdown]
# ## Is it true? Measure
#
# Nice pictures prove little: eyes find patterns. Does a kept query really look at its object? The box
# that it predicts says where it takes the object to be. So: which **share of its attention** falls inside
# its own box? If it looked nowhere in particular, it would be the share of the image that the box covers.
# For the toy model's kept queries that is about 6%.

# %%
guess("inside the box", ...)  # the share of the attention in the last layer, from 0 to 1


# %%
def covered(box: Tensor, rows: int, columns: int, margin: float = 0.0) -> Tensor:
    """Return which share [rows, columns] of each cell a box (cx, cy, w, h) covers, widened by a margin."""
    shares = []
    for centre, size, cells in ((box[1], box[3], rows), (box[0], box[2], columns)):
        edges = torch.linspace(0, 1, cells + 1)
        low, high = centre - size / 2 - margin, centre + size / 2 + margin
        inside = torch.minimum(edges[1:], high) - torch.maximum(edges[:-1], low)
        shares.append(inside.clamp(min=0) * cells)
    return shares[0][:, None] * shares[1]


# %%
def shares_inside(maps: Tensor, found: list[dict], margin: float = 0.0) -> Tensor:
    """Return [n_layers + 1]: the attention inside kept queries' boxes, by layer, then the boxes' share."""
    rows = []
    for one, values in zip(found, maps, strict=True):
        for query, box in zip(one["query_indices"], one["boxes"], strict=True):
            mask = covered(box, *values.shape[-2:], margin)
            rows.append(torch.cat([(values[:, query] * mask).sum((-1, -2)), mask.mean()[None]]))
    return torch.stack(rows).mean(dim=0)


# %%
kept = at_least(0.7)[:100]
many = torch.stack([cross_attention_maps(model, image) for image in tqdm(images[:100])])
for name, margin in (("the box", 0.0), ("the box and one cell around", 1 / 8)):
    *layers, even = shares_inside(many, kept, margin).tolist()
    numbers = ", ".join(f"layer {layer} {share:.0%}" for layer, share in enumerate(layers, start=1))
    print(f"inside {name}: {numbers}; if spread evenly {even:.0%}")
*_, last, even = shares_inside(many, kept).tolist()
reveal("inside the box", f"{last:.2f}, which is {last / even:.1f} times the box's share of the image")

# %% [markdown]
# So it is true, in every layer, and least in the first. There a slot has no content yet: its object query
# alone says what to look for, so it looks where it always looks first. What it finds there is content for
# the next layers.
#
# It is not the whole truth. Even in the last layer a good part of the attention lies outside the box,
# most of that right beside it. This is no mistake. A cell is not a window of 16 pixels: what it knows
# comes from a window of 63 × 63 pixels (step 1), and the encoder has let every cell listen to all others. The
# cell *beside* an object can tell where the object ends, and the ends are what a box is made of. On COCO
# the paper sees queries look at the extremities of objects, heads or legs (section 4.2, figure 6).
#
# ### Alike, and spread out
#
# Three numbers say at a glance whether maps mean anything. **Cells looked at**: the exponential of a
# map's entropy, 64 when all 64 cells have an even share, 1 when one cell has it all. **Overlap of two
# queries** in one image: the sum over all cells of the smaller of their two shares, 1 when the maps are
# identical. And the same **overlap of one query** in two images. Beside your model, one of the same kind
# that was never trained:


# %%
def cells_looked_at(maps: Tensor) -> Tensor:
    """Return how many cells each map [..., H', W'] is spread over."""
    return torch.special.entr(maps).sum((-1, -2)).exp()


def overlap(maps: Tensor) -> Tensor:
    """Return the mean overlap of two different maps among the N of [..., N, H', W']."""
    flat = maps.flatten(-2)
    pairs = torch.minimum(flat[..., :, None, :], flat[..., None, :, :]).sum(-1)
    return pairs[..., ~torch.eye(flat.shape[-2], dtype=torch.bool)].mean()


untrained = initialise(DETR(num_classes=3, num_queries=10, **TOY_SIZES)).eval()
fresh = torch.stack([cross_attention_maps(untrained, image) for image in images[:20]])
print("                     cells looked at   overlap of two queries   of one query in two images")
for name, stack in (("trained", many[:20]), ("untrained", fresh)):
    for number, layer in enumerate(stack.unbind(dim=1), start=1):  # [20 images, N, H', W']
        numbers = cells_looked_at(layer).mean(), overlap(layer), overlap(layer.transpose(0, 1))
        words = "{:15.1f} {:24.2f} {:28.2f}".format(*numbers)
        print(f"{name + f', layer {number}':20} {words}")

# %% [markdown]
# Before training every query looks everywhere, all look alike, and it hardly matters which image it is.
# After it each looks at some cells of its own. Which ones depends on the image, least so in the first
# layer, where a slot has nothing but its object query to go by: there it tries the area that it prefers.
# (Step 11 measures these preferences by the boxes.) Kept queries and silent ones differ too:

# %%
speaks = torch.zeros(many.shape[0], many.shape[2], dtype=torch.bool)
for number, one in enumerate(kept):
    speaks[number, one["query_indices"]] = True
cells = cells_looked_at(many)  # [100, n_layers, N]
for layer in range(many.shape[1]):
    at_work, silent = cells[:, layer][speaks].mean(), cells[:, layer][~speaks].mean()
    print(f"layer {layer + 1}: kept queries look at {at_work:.1f} cells, the others at {silent:.1f}")

# %% [markdown]
# In layers 2 and 3 a silent query spreads over about twice as many cells as one that has found something.
#
# ### What a map does not say
#
# - **A weight is not an effect.** What reaches the query is weight times *value*. A cell with a large
#   share and a small value tells it little.
# - **A cell is not a place.** See above: it speaks for its surroundings, and after the encoder for more
#   than that.
# - **A mean is not a head.** And one layer is not the model: what a query took in in layer 1 is still
#   with it in layer 3.
#
# A map is a good witness for what went *wrong*, as the two questions below show. For what a decision
# rests on, change the image and see whether the decision changes.

# %% [markdown] locked="question_identical_maps"
# ## Written question (a) · identical maps
#
# Somebody shows you the maps of their DETR: in every layer, the maps of all queries are **the same** (and
# they are not flat). What do you conclude about the model, what do its predictions look like, and what
# would you check first in the code? Four to six sentences; think of what a query consists of at the start
# of the decoder. (2 points)

# %% [markdown] written="identical_maps" points=2
# **Model answer.** The maps of two queries differ only if the vectors that ask differ. At the start all
# slots are zero, so the object queries are the only thing in which they can differ: they are missing
# (`query_pos` is not added to the queries of cross-attention), or all rows of the table are alike, or
# they are too small to matter beside what is common to all, such as the bias. Where to look is then
# decided by the keys alone, that is by the image. All slots gather the same content in every layer, and
# what they gather is all they know; so they stay equal, and all N predictions are one: the same class and
# the same box N times, or N times "no object". Matching cannot mend it, since whoever is matched, the
# same vector is pulled in all directions. I would check that `query_pos` arrives in every decoder layer,
# then print the spread over the queries of `query_embed.weight` and of the predictions. If only *one*
# layer has identical maps the conclusion is weaker: the slots may differ in what they bring along from
# other layers.
#
# **Rubric.** 1 point for the cause: queries that do not differ for cross-attention (query_pos missing,
# collapsed or drowned), with attention that follows the image alone. 1 point for the consequence and the
# check: identical content, hence N times one prediction, and a sensible place to look in the code
# (query_pos in cross-attention, spread of query_embed). Half a point for the consequence without a check,
# or the other way round.

# %% [markdown] locked="question_uniform_maps"
# ## Written question (b) · uniform maps
#
# And what do **uniform** maps tell you, every cell with a share of about 1/L? What does such a query know
# about the image, and what can its box be like? Name one case where uniform maps are no reason to worry,
# and one where the picture hides sharp attention. Four to six sentences. (2 points)

# %% [markdown] written="uniform_maps" points=2
# **Model answer.** Uniform means that all scores of a query are nearly equal: its product with the keys
# is small, or the keys hardly differ. So it is in an untrained model, and in one that has not learned
# (learning rate too small, gradients that do not reach the projections, keys without positions or a
# memory in which all cells are alike). The query gathers the plain mean of all values: it may know *what*
# is in the image on average, but not *where*, and so does every other query. Its box can only be a
# compromise that does not depend on where the object lies: in the middle, of a typical size, and the same
# for all queries whose maps are uniform. No reason to worry: queries that say "no object" have nothing to
# look at, and here their maps are wider too. Hidden: the mean over heads may be flat although each head
# is sharp somewhere else, and a mean over images or queries even more so; look at single heads. (Uniform
# maps are identical, but identical ones need not be uniform.)
#
# **Rubric.** 1 point: no selection, the mean over all cells, hence no information on place, with what
# follows for the box (central, the same for all) or with a cause (untrained, flat scores). 1 point for
# both cases, half a point each: one harmless (silent queries, before training, a layer that is not
# needed) and one that deceives (mean over heads, images or queries).

# %% [markdown]
# ## Where the six images stand
#
# The week's promise, kept: images in, a set of boxes out, by a model of which you wrote every part. No
# anchors, no NMS, and for every box you can ask where its query looked.


# %%
def detect(images: Tensor) -> list[dict[str, Tensor]]:
    """Return what is found in each image."""
    return [predict(model, image) for image in images]


draw.six_so_far(detect, "what your trained model finds, with a score of at least 0.7")
