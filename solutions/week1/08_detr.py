# %% [markdown]
# # Step 8 · The whole DETR
#
# **Day 5 · about 60 minutes · 6 points for code, 2 for writing**
#
# *What you will have at the end:* the model itself, made of the five parts that you wrote: pixels go in,
# a set of predictions comes out. You will know what flows along every arrow and where the 41 million
# parameters of the paper's model sit, and you will see that the weights which the authors released fit into your own model,
# name by name.
#
# *Read first:* section 3.2 of [the paper](https://arxiv.org/abs/2005.12872) once more, all of it, with
# figure 2 beside it. *Not covered:* training (step 9), and images of different sizes in one batch, which
# would need padding masks.

# %% [markdown]
# ## Recall
#
# Answer in your head, then unfold.
#
# <details><summary>Step 4: what is tgt at the start, and where does query_pos go?</summary>
#
# `tgt`, the content of the N slots, is all zeros. `query_pos` holds the object queries, learned vectors;
# it is added to queries and keys in every decoder layer, as positions are, and never to values.
# </details>
#
# <details><summary>Step 6: is the matcher part of the model? Does it run when you only want boxes?</summary>
#
# No, and no. It compares predictions with objects that are known, so it needs targets. It belongs to the
# loss.
# </details>
#
# <details><summary>Step 7: which layers' predictions does the loss look at?</summary>
#
# Those of every decoder layer, each with a matching of its own. So the model has to hand all of them
# over, and not only the last.
# </details>

# %% locked="setup"
import math

import torch
from torch import Tensor, nn

from detrlab import check, compare, draw, hint, predict, progress, released, reveal
from detrlab.checks.errors import CheckFailed
from detrlab.steps import load
from detrlab.toy import six_images
from detrlab.training import TOY_SIZES

Backbone = load("01_backbone").Backbone
PositionalEncoding2D = load("02_positional_encoding").PositionalEncoding2D
TransformerEncoder = load("03_encoder").TransformerEncoder
TransformerDecoder = load("04_decoder").TransformerDecoder
DetrPredictionHeads = load("05_heads").DetrPredictionHeads

_ = torch.manual_seed(0)

# %% [markdown]
# These five are your own classes, read from your notebooks. If one is not written yet, a line above says
# that a stand-in took its place. Today's exercise and its check do not depend on it; the numbers further
# down do, and will then differ from what the text says.
#
# ## The plan on one page
#
# The parts are there; only the wires are missing. The same letters as all week: B images, N queries, K
# classes, `d` = `d_model`, and L = H' · W' tokens, one for each cell of the backbone's map.
#
# ```
#    images [B, 3, H, W]
#       │
#   ┌───▼──────┐
#   │ backbone │  step 1
#   └───┬──────┘
#       │  features [B, d, H', W']  ────────►  position_encoding, step 2
#       │                                          │  [B, d, H', W']
#       │  a list, row by row                      │  a list, in the same order
#       ▼                                          ▼
#      src [B, L, d]                              pos [B, L, d]
#       │     ┌────────────────────────────────────┤
#   ┌───▼─────▼┐                                   │
#   │ encoder  │  step 3                           │
#   └───┬──────┘                                   │
#       │  memory [B, L, d]                        │
#   ┌───▼──────────────────────────────────────────▼───┐
#   │ decoder, step 4                                  │
#   └───┬────────────────────────▲─────────────────▲───┘
#       │  from each layer       │                 │
#       │  one [B, N, d]        tgt [B, N, d]     query_pos [B, N, d]
#   ┌───▼──────┐                zeros              ▲
#   │ heads    │  step 5, the same                 │
#   └───┬──────┘  for all layers                  query_embed [N, d]
#       ▼
#   pred_logits [B, N, K + 1] and pred_boxes [B, N, 4]: the last layer's
#   aux_outputs: the same two from each layer before it
# ```
#
# One thing in it is new: `query_embed`, the table in which the object queries live. `nn.Embedding(N, d)`
# is a matrix of N rows that is trained; each row is one query.
#
# Most of the wires are plain calls. Two of them need a thought.
#
# ### From a map to a list
#
# The encoder reads a list of L tokens; the backbone gives a map. Here is a small one: d = 2 channels, 2
# rows, 3 columns. Number 4 of channel 0 and number 10 of channel 1 belong to one cell, the middle of the
# second row.

# %%
features = torch.arange(12).view(1, 2, 2, 3)
print(features[0])
print("the cell in row 1, column 1:", features[0, :, 1, 1].tolist())

# %% [markdown]
# The list should have the shape [1, 6, 2]. `features.reshape(1, 6, 2)` has that shape. Is it the same?

# %%
predict("reshape", ...)  # an error, the same list, or another one?

# %%
reshaped = features.reshape(1, 6, 2)
tokens = features.flatten(2).transpose(1, 2)
print("flatten and transpose:", tokens[0].tolist())
reveal("reshape", f"no error, and another list: {reshaped[0].tolist()}")

# %% [markdown]
# `reshape` only cuts the numbers anew, in the order in which they lie in memory: its "token" [0, 1] is
# made of channel 0 of two neighbouring cells. No error says so, now or later. `flatten(2)` joins rows and
# columns, `transpose` brings the channels to the end, and every token is one cell.
#
# The positions have to be read in the *same* order as the features. Their shapes would agree in any
# order.
#
# ### One set of queries for all images
#
# The table is [N, d], the decoder wants [B, N, d]: every image is asked the same N questions. `expand`
# repeats a tensor along a dimension without copying it. What does that do to the gradient?

# %%
table = nn.Embedding(3, 2)  # three queries of width 2
for_four_images = table.weight.expand(4, -1, -1)  # -1: leave this dimension as it is
for_four_images.sum().backward()
print(list(for_four_images.shape), "and the gradient of the table:", table.weight.grad.tolist())

# %% [markdown]
# Each entry of the table got a gradient of 1 from each of the four images, and they add up to 4. One set
# of queries learns from all images, so none of them can stand for an object of *this* image. In the
# paper's figure 7 each comes to stand for certain places and box sizes.

# %% [markdown]
# ## TODO · The model
#
# | difficulty | importance | minutes |
# |---|---|---|
# | ●●○ | ●●● | 20 |
#
# **`__init__`** builds six parts and hands every argument on. Keep the names: `backbone`,
# `position_encoding`, `encoder`, `decoder`, `query_embed` (an `nn.Embedding`), `heads`. Steps 9 and 10
# use them, and weights are copied by them. You wrote the parts over four days, so here is how they are made
# and called:
#
# ```
# Backbone(d_model, name=...)        PositionalEncoding2D(d_model)        DetrPredictionHeads(d_model, num_classes)
# TransformerEncoder(n_layers=..., d_model=..., n_heads=..., dim_ff=..., dropout=...)         the decoder likewise
# encoder(src, pos)                  decoder(tgt, memory, pos, query_pos) -> a list, one entry for each layer
# ```
#
# **`forward`** follows the plan above and returns a dict:
#
# - `"pred_logits"` and `"pred_boxes"` from the **last** decoder layer;
# - `"aux_outputs"`, a list with one dict of the same two keys for **each layer before it**, first to
#   last. So it has `n_dec_layers - 1` entries. The last layer is not among them: the loss would count it
#   twice.
#
# The heads are one module, and it serves all layers. Nothing here needs to know the sizes of images: H
# and W may be anything, and differ.


# %% todo="detr"
class DETR(nn.Module):
    """Turn images into a set of N predictions each (paper, section 3.2)."""

    def __init__(
        self,
        num_classes: int = 3,
        num_queries: int = 100,
        d_model: int = 256,
        n_heads: int = 8,
        n_enc_layers: int = 6,
        n_dec_layers: int = 6,
        dim_ff: int = 2048,
        dropout: float = 0.1,
        backbone_name: str = "resnet18",
    ):
        super().__init__()
        ### BEGIN SOLUTION
        layer = {"d_model": d_model, "n_heads": n_heads, "dim_ff": dim_ff, "dropout": dropout}
        self.backbone = Backbone(d_model, name=backbone_name)
        self.position_encoding = PositionalEncoding2D(d_model)
        self.encoder = TransformerEncoder(n_layers=n_enc_layers, **layer)
        self.decoder = TransformerDecoder(n_layers=n_dec_layers, **layer)
        self.query_embed = nn.Embedding(num_queries, d_model)  # one row for each query
        self.heads = DetrPredictionHeads(d_model, num_classes)
        ### END SOLUTION

    def forward(self, images: Tensor) -> dict:
        """Return the predictions on images [B, 3, H, W].

        pred_logits [B, N, K+1] and pred_boxes [B, N, 4], (cx, cy, w, h) in [0, 1]: the last layer's.
        aux_outputs: n_dec_layers - 1 dicts of the same two, from the layers before it.
        """
        ### BEGIN SOLUTION
        features = self.backbone(images)  # [B, d, H', W']
        src = features.flatten(2).transpose(1, 2)  # [B, L, d]
        pos = self.position_encoding(features).flatten(2).transpose(1, 2)
        memory = self.encoder(src, pos)

        query_pos = self.query_embed.weight.expand(len(images), -1, -1)  # [B, N, d]
        tgt = torch.zeros_like(query_pos)
        predictions = [self.heads(output) for output in self.decoder(tgt, memory, pos, query_pos)]
        *earlier, last = [dict(pred_logits=what, pred_boxes=where) for what, where in predictions]
        return {**last, "aux_outputs": earlier}
        ### END SOLUTION


# %% tests="detr" points=6
check.detr(DETR)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.detr(DETR)
### END HIDDEN TESTS

# %% [markdown] hints="detr"
# <details><summary>Hint 1 · where to look</summary>
#
# The plan above: every arrow is one line or less. For the two that are not plain calls, the two examples
# under it. In the paper, figure 2; in [the reference
# implementation](https://github.com/facebookresearch/detr), `DETR.forward` in `models/detr.py` and
# `Transformer.forward` in `models/transformer.py`, which is sequence-first ([L, B, d]), unlike ours.
# </details>
#
# <details><summary>Hint 2 · the plan</summary>
#
# In `__init__`: encoder and decoder take the same four sizes, so put these into a dict and unpack it
# twice with `**`. In `forward`: features; two lists from two maps; memory; the queries for B images;
# zeros like them; decoder. It returns a list. Put each entry through the heads and make a dict of the
# pair; the last dict is your answer, the others go under `"aux_outputs"`.
# </details>
#
# <details><summary>Hint 3 · almost the line</summary>
#
# For the queries: `self.query_embed.weight.expand(..., -1, -1)`, and `torch.zeros_like(...)` for `tgt`.
# To take a list apart: `*others, final = my_list`. To add a key to a dict: `{**final, "aux_outputs":
# ...}`.
# </details>
#
# <details><summary>Help: "The size of tensor a (6) must match the size of tensor b (8)"</summary>
#
# Print the shapes of `src`, `pos` and `query_pos` before they are used, and compare with the plan. Usual
# causes: the transpose is missing, so that a list is [B, d, L]; `position_encoding` was given the images
# instead of the features; the queries are still [N, d].
# </details>
#
# <details><summary>Help: the shapes are right and the numbers are not</summary>
#
# Go along the plan. Does `tgt` start at zeros, and not at the queries? Does the decoder read the memory,
# and not `src`? Is `pos` handed to encoder *and* decoder, and added to nothing by you? Do you return the
# logits as they are, without a softmax?
# </details>
#
# <details><summary>Help: on a GPU, "Expected all tensors to be on the same device"</summary>
#
# A tensor that you make yourself, such as `tgt`, is born on the CPU. `torch.zeros_like(other)` takes
# device and type from the other tensor.
# </details>

# %% [markdown]
# ### A look along the wires
#
# A *forward hook* is a function that PyTorch calls whenever a module has run, with what went in and what
# came out. One on each part of a small model, and two images that are wider than high, 96 × 160 px.
# (`TOY_SIZES` are the sizes of the model that step 9 trains: d = 128, 4 heads, 2 + 3 layers, the tiny
# backbone.)


# %%
def shape_of(value: object) -> str:
    """Write the shapes of nested tensors."""
    if torch.is_tensor(value):
        return "x".join(str(length) for length in value.shape)
    return f"({', '.join(shape_of(item) for item in value)})"


def announce(name: str):
    """Make a hook that prints the shapes of what goes into a part and of what comes out."""
    return lambda part, inputs, output: print(f"{name:18}{shape_of(inputs)} -> {shape_of(output)}")


# %%
model = DETR(num_queries=10, **TOY_SIZES).eval()
for name, part in model.named_children():
    part.register_forward_hook(announce(name))
with torch.no_grad():
    outputs = model(torch.rand(2, 3, 96, 160))
for key in ("pred_logits", "pred_boxes"):
    print(f"{key:18}{shape_of(outputs[key])}")
print(f"{'aux_outputs':18}{', '.join(shape_of(entry.values()) for entry in outputs['aux_outputs'])}")

# %% [markdown]
# 96 × 160 px at stride 16 are 6 × 10 cells, 60 tokens. Follow them: L appears behind the backbone and is
# gone behind the decoder. What is left is N, which has nothing to do with the image; that is the step
# from *cells* to *predictions*. The heads ran once for each decoder layer (or once in all, if you stacked
# the layers). `query_embed` is not in the list: its weight is read, and the module itself is never
# called.

# %% [markdown]
# ## Where the parameters are
#
# Three models from one class: the toy model of step 9, the defaults, and the one of the paper's table 1,
# DETR with a ResNet-50 on COCO. Guess first: which part of DETR-R50 holds the most parameters, and how
# many do the 100 object queries have?

# %%
predict("parameters", ...)  # for example "decoder; 1 million for the queries"

# %%
models = {
    "toy": DETR(num_queries=10, **TOY_SIZES),
    "defaults": DETR(),
    "DETR-R50": DETR(num_classes=91, backbone_name="resnet50"),
}
counts = {
    title: {name: sum(p.numel() for p in part.parameters()) for name, part in one.named_children()}
    for title, one in models.items()
}
print(f"{'':18}" + "".join(f"{title:>14}" for title in counts))
for name in counts["toy"]:
    print(f"{name:18}" + "".join(f"{count[name]:14,}" for count in counts.values()))
print(f"{'in all':18}" + "".join(f"{sum(count.values()):14,}" for count in counts.values()))
largest = max(counts["DETR-R50"], key=counts["DETR-R50"].get)
reveal("parameters", f"{largest}; {counts['DETR-R50']['query_embed']:,} for the queries")

# %%
figure = draw.new_figure(9.6, 2.6)
ax = figure.subplots()
for row, count in enumerate(counts.values()):
    left, total = 0.0, sum(count.values())
    for color, (name, number) in zip(draw.PALETTE, count.items(), strict=False):
        ax.barh(row, number / total, left=left, color=color, edgecolor="white")
        ink = "white" if name == "backbone" else "black"
        if number / total > 0.06:
            words = f"{name}\n{number / total:.0%}"
            ax.text(left + number / total / 2, row, words, ha="center", va="center", color=ink)
        left += number / total
    ax.text(1.005, row, f"heads {count['heads'] / total:.1%}", va="center")
ax.set(yticks=range(3), yticklabels=[f"{t}: {sum(c.values()) / 1e6:.1f} M" for t, c in counts.items()])
ax.set(xlim=(0, 1.1), xticks=[])
ax.set_title("share of the parameters", loc="left")
ax.spines[:].set_visible(False)
ax.invert_yaxis()
alt = "Shares of the parameters by part, for three models: backbone, encoder and decoder hold nearly all."
draw.show(figure, alt)

# %% [markdown]
# The ResNet is more than half of DETR-R50, and the transformer most of the rest. What makes DETR a
# *detector* is tiny: the heads and the queries together are less than half a percent. A decoder layer is
# larger than an encoder layer, because it has two attentions. The positional encoding has nothing to
# learn.
#
# ### 41.3, 41.5 or 41.6 million?
#
# The paper's table 1 says 41 M. Count more exactly and you meet three numbers, all of them right. They
# differ in what is *frozen*, that is, kept as it came from ImageNet (`models/backbone.py` in the
# reference implementation):
#
# - The scale and shift of every batch norm. In a frozen batch norm (step 1) they are not parameters at
#   all.
# - The convolutions of the stem and of `layer1`. They are parameters, but not trained.

# %%
body = models["DETR-R50"].backbone.body
norms = sum(p.numel() for m in body.modules() if isinstance(m, nn.BatchNorm2d) for p in m.parameters())
early = [m for part in list(body.children())[:5] for m in part.modules() if isinstance(m, nn.Conv2d)]
stem_and_layer1 = sum(m.weight.numel() for m in early)

ours = sum(counts["DETR-R50"].values())
print(f"your model, everything trained:           {ours:,}")
print(f"less the batch norms' scales and shifts:  {ours - norms:,}   ({norms:,} less)")
print(f"less the stem's and layer1's kernels:     {ours - norms - stem_and_layer1:,}", end="")
print(f"   ({stem_and_layer1:,} less)")

# %% [markdown]
# The second number is what the reference implementation holds in all, the third is what it trains. Your
# model trains everything, because its ResNet may start from random weights, and to freeze those would do
# harm (step 1).

# %% [markdown]
# ## One step backwards
#
# Before anything is trained, one question is worth an experiment: does the loss reach every part? The six
# held-out images go through the toy model, its predictions and the true objects into your loss of step 7,
# and gradients come back. Is there a weight that gets none?

# %%
predict("gradients", ...)  # does every part get a gradient? Every weight of it?

# %%
criterion = load("07_loss").DetrLoss(3, load("06_matcher").HungarianMatcher())
images, targets = zip(*six_images(), strict=True)
model = DETR(num_queries=10, **TOY_SIZES)
criterion(model(torch.stack(images)), list(targets))["total"].backward()

lengths = {name: 0.0 if p.grad is None else p.grad.norm().item() for name, p in model.named_parameters()}
for part in ("backbone", "encoder", "decoder", "query_embed", "heads"):
    of_part = [length for name, length in lengths.items() if name.startswith(part)]
    print(f"{part:12} length of the gradient {math.hypot(*of_part):8.2f}")
print("the longest of all:", max(lengths, key=lengths.get))
silent = [name for name, length in lengths.items() if length == 0]
reveal("gradients", f"all parts get one, but {len(silent)} of {len(lengths)} tensors do not:")
print(*silent, sep="\n")

# %% [markdown]
# Every part learns from the first step on, the object queries too. Three tensors do not, all in the
# decoder's first self-attention or right behind it. You know the reason from step 4: `tgt` is zero there.
# So the values are nothing but their bias, the same for all slots, and who listens to whom makes no
# difference. What makes no difference has no gradient. (That bias is zero at birth. Once it has moved,
# `out_proj` and `norm1` join in; `in_proj_weight` does so only where dropout disturbs the attention
# weights.)
#
# The same zeros make the decoder's gradient so long. Nearly all of it belongs to two biases, that of the
# values and that of `out_proj`. What they are added to is zero, and `norm1` then divides by the spread of
# the sum, of which nothing is left but its safeguard, $\sqrt{\varepsilon} = \sqrt{10^{-5}}$. That
# multiplies a gradient by 316. It is over as soon as the biases have moved. Keep this giant in mind: step 9
# shows what one such gradient does to the steps after it, and why DETR clips.
#
# Keep the habit: print the gradient of each part before the first long training. A part that is detached
# by accident, or built and never used, shows at once.

# %% [markdown]
# ## Weights from elsewhere
#
# The authors have released the weights of their DETR-R50: 42.0 AP on COCO's validation images, after 500
# epochs (table in the README of facebookresearch/detr). They belong to the authors' own code. Its parts
# are yours, most of its names are not:

# %%
examples = """backbone.0.body.layer4.2.conv3.weight
input_proj.weight
transformer.encoder.layers.5.linear1.weight
transformer.decoder.layers.0.multihead_attn.in_proj_weight
query_embed.weight
class_embed.weight
bbox_embed.layers.2.bias"""
for name in examples.split():
    print(f"{name:60}{released.our_name(name)}")

entries = released.shapes()
numbers = sum(math.prod(shape) for shape in entries.values())
print(f"{len(entries)} entries, {numbers:,} numbers")

# %% [markdown]
# A table of nine beginnings does it, and one word: what we call `cross_attn` is `multihead_attn` there.
# It stands in `detrlab/released.py`, which you are invited to read. The number at the end is yours from
# above, 41,577,888, and the batch norms' running means and variances, another 53,120.
#
# Do all 458 have a place in *your* model? To find out, nothing has to be downloaded: made-up numbers of
# the right names and shapes will do.

# %%
big = models["DETR-R50"]
made_up = {name: torch.zeros(shape) for name, shape in entries.items()}
try:
    released.put_into(big, made_up)
    print(f"All {len(entries)} entries have a place in your model, and no place is left empty.")
except CheckFailed as misfit:
    print(misfit)

# %% [markdown]
# <details><summary>Optional: the real weights, and a photo of yours</summary>
#
# Put a photo beside this notebook, set `download = True` in the next cell and run it. It fetches 159 MB,
# once, and keeps them. Then your model, with the released weights, names the five objects that it is most
# sure of.
#
# Two things have to be as in the authors' training, or the numbers get worse: the size (shorter side 800
# px, longer side at most 1,333) and the colours (ImageNet's mean and spread). `read_photo`, `MEAN` and
# `STD` take care of them. The labels are COCO's ids, 1 to 90, and torchvision keeps their names.
# </details>

# %%
download, photo = False, "photo.jpg"
if download:
    from torchvision.models.detection import FasterRCNN_ResNet50_FPN_Weights

    released.load_released(big)
    image = released.read_photo(photo)
    with torch.no_grad():
        outputs = big(((image - released.MEAN) / released.STD)[None])
    scores, labels = outputs["pred_logits"][0].softmax(-1)[:, :-1].max(-1)  # without "no object"
    best = scores.topk(5).indices
    found = {"boxes": outputs["pred_boxes"][0, best], "labels": labels[best], "scores": scores[best]}
    names = FasterRCNN_ResNet50_FPN_Weights.DEFAULT.meta["categories"]
    alt = f"Your photo with five boxes: {', '.join(names[label] for label in found['labels'])}."
    draw.show(draw.visualize(image, found, names=names).figure, alt)

# %% [markdown]
# That both models then compute the same is not only a matter of names. This course's tests carry a small
# model of the reference implementation over by the same table, and compare predictions, loss and
# gradients.
#
# <details><summary>Going further: the authors' short version, and where first values come from</summary>
#
# **A DETR in one screen.** The authors also wrote a demo, `DETRdemo` in `notebooks/detr_demo.ipynb`
# (branch `colab` of their repository), on top of `nn.Transformer`. That class has no place for
# `query_pos`, so the queries go in as `tgt`, as content; positions are learned, and added once at the
# input; the box head is one linear layer. It still reaches about 40 AP, says its docstring. So these are
# choices, and not laws. But each makes another model: released weights fit only the one that they were
# trained in.
#
# **First values.** The reference implementation draws all matrices of encoder and decoder anew, by
# Xavier's rule (`Transformer._reset_parameters` in `models/transformer.py`). Your model keeps PyTorch's
# own defaults; step 9 does the same as the authors before it trains.
# </details>

# %% [markdown] locked="question_trace"
# ## Written question · one object, from pixels to its prediction
#
# Image 3 of the six below shows a square and two triangles. Imagine a trained model that finds all three,
# and trace **one of the triangles** through your `forward`: which part does what with what is known of
# it, and in which shape does that travel? Say in particular where along the way its *place* comes in, so
# that it is not taken for the other triangle, and what decides *which of the N queries* reports it. Six
# to eight sentences. (2 points)

# %% [markdown] written="trace" points=2
# **Model answer.** The triangle's pixels are part of images [B, 3, H, W]. The backbone condenses them:
# the cells of features [B, d, H', W'] under and around it now hold numbers that depend on its colour and
# shape. Flattened they are a few of the L tokens of src [B, L, d], and attention does not see where in
# the list a token stands; the place comes in through pos, which the encoder adds to queries and keys at
# every layer. In the encoder these tokens gather from each other and from the rest of the image, so that
# the memory [B, L, d] can tell this triangle from the other one, which is alike in content and not in
# place. In the decoder a slot starts from zeros and its object query. In cross-attention the query, whose
# learned vector prefers certain places and sizes, matches the keys (memory + pos) of the object's cells
# and takes over their content; through self-attention the slots learn of each other who has taken what.
# After the last layer the slot's vector, one row of [B, N, d], holds class and extent, and the heads turn
# it into K + 1 logits and a box. No line of forward assigns an object to a query: that follows from the
# learned queries and weights, which were shaped in training, where the matcher gave every object to
# exactly one query and the others learned to say "no object".
#
# **Rubric.** 1 point for the way: backbone, tokens, encoder, cross-attention of one slot, heads, in this
# order and with the shapes (features, memory, slots) right. 1 point for both decisions: place enters
# through pos on queries and keys (and, for the slot, through its query), not through the tokens' content
# or order; the query is decided by its learned vector in cross-attention and self-attention, trained by
# one-to-one matching, and no matcher runs in forward. Half a point for each of the two. (That zero
# padding gives a CNN a hint of the image's borders is true, and not required.)

# %% [markdown]
# ## Where the six images stand
#
# One forward pass of the toy model, not trained, with the best real class of every query:


# %%
def detect(images: Tensor) -> list[dict[str, Tensor]]:
    """Return every query's box with its best real class: the column of "no object" is dropped."""
    with torch.no_grad():
        outputs = model.eval()(images)
    labels = outputs["pred_logits"][..., :-1].argmax(dim=-1)
    return [{"boxes": b, "labels": found} for b, found in zip(outputs["pred_boxes"], labels, strict=True)]


draw.six_so_far(detect, "one model now, and ten boxes in the middle: it has not been taught anything yet")

# %% [markdown]
# It looks like the picture from the end of step 5: the parts are of the same kind, and untrained. What
# has changed is that they are *one* object now, with one `forward` and one list of parameters. That is
# what an optimiser wants. Step 9 hands it over.
