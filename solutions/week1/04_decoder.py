# %% [markdown]
# # Step 4 · The decoder and its object queries
#
# **Day 3 · about 90 minutes · 8 points for code, 5 for writing**
#
# *What you will have at the end:* a decoder that puts N questions to the memory, all at once, and keeps the
# answers of each of its layers. In step 5 every answer becomes one prediction.
#
# *Read first:* section 3.2 ("Transformer decoder" and "Auxiliary decoding losses"), section 4.2 ("Number of
# decoder layers") and the right half of figure 10 of [the paper](https://arxiv.org/abs/2005.12872).
# *Not covered:* padding masks, as in step 3; and how a query learns what to ask for. Matching and loss do
# that, on day 4.

# %% [markdown]
# ## Recall
#
# Answer in your head, then unfold.
#
# <details><summary>Which of query, key and value carry the positional encoding in your encoder layer, and why not all three?</summary>
#
# Queries and keys. Position decides who attends to whom; values are what is passed on, and they stay a
# description of content.
# </details>
#
# <details><summary>What leaves the encoder for a 128 px image at stride 16, and what is it called?</summary>
#
# The memory, `[B, 64, d_model]`: one vector for each of the 8 × 8 cells, each by now informed about the
# others.
# </details>
#
# <details><summary>Two tokens have the same content and no positional encoding. Can attention treat them differently?</summary>
#
# No. They send out the same query and the same key, so they receive the same. Only a difference that goes in
# can come out.
# </details>

# %% locked="setup"
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from detrlab import check, compare, draw, hint, predict, progress, reveal
from detrlab.steps import load
from detrlab.toy import six_images

_ = torch.manual_seed(0)

# %% [markdown]
# ## A question without content
#
# The memory holds one vector for each *cell*. A detector has to hand out something else: N *predictions*.
# DETR sets N slots beside the memory (N = 100 in the paper, figure 7) and lets them read it. Like a token, a
# slot has two parts:
#
# - **Content, `tgt`:** what the slot has found out so far. At the start this is nothing: `tgt` is all zeros.
# - **Position, `query_pos`:** the *object query*, a learned vector, one for each slot. It says where to look,
#   and for objects of which size. It goes where positions go: onto queries and keys, at every layer, and never
#   onto values.
#
# The paper, and the other notebooks, often say *query* for the whole slot. Here the two words are kept apart.
#
# So an object query is a positional encoding without content: a question, before there is any answer. Here
# are two such questions and four cells. Each cell has some content, and a code for its place. Slot 0 asks for
# place 2, slot 1 for places 0 and 3, and `tgt` is zero for both.

# %%
place = torch.eye(4)  # a code for each of the four places
memory = 0.2 * torch.randn(4, 4)  # what is seen there
tgt, query_pos = torch.zeros(2, 4), 8 * torch.stack([place[2], place[0] + place[3]])  # times 8: sharper

attention = ((tgt + query_pos) @ (memory + place).T / 4**0.5).softmax(dim=-1)
answers = attention @ memory

by_torch = F.scaled_dot_product_attention((tgt + query_pos)[None], (memory + place)[None], memory[None])
print(attention.numpy().round(2))
print(f"largest difference from PyTorch's own: {(answers - by_torch[0]).abs().max().item():.0e}")

# %% [markdown]
# This is *cross-attention*: one row for each slot, one column for each cell, so the matrix is N × L and no
# longer square. Slot 0 listens almost only to place 2, slot 1 to places 0 and 3, although neither knows
# anything yet. (Slot 1 does not share evenly: the keys hold content as well as place, so what is seen there
# takes part in the match.) What the slots receive is content alone: the codes of the places are in no answer.

# %% [markdown]
# ## All at once
#
# The original Transformer's decoder writes a sentence. It is *autoregressive*: one word for each pass, every
# word fed back in as the next input ("Attention Is All You Need", sections 3.1 and 3.2.3). In training all
# words go through in one pass, each after the right words before it, and a mask keeps it from looking ahead.
# DETR keeps the three blocks of that decoder and drops the order (paper, sections 2.2 and 3.2):
#
# | | autoregressive decoder | DETR's decoder |
# |---|---|---|
# | hands out | a sequence, one element for each pass when it writes | a set, N elements in a single pass |
# | element $i$ may look at | elements before $i$: a causal mask hides the rest | all N, no mask |
# | a slot starts from | the element before it, as content | zeros, and its object query as position |
# | how many | until an end token is written | always N; slots without an object say "no object" |
#
# Objects in an image have no first and no second. With an order there would be one to invent, and the time to
# decode would grow with the number of objects.

# %% [markdown]
# ## Before anything is known
#
# A layer begins with self-attention among the N slots: `tgt + query_pos` as queries and keys, `tgt` as
# values. In the first layer, `tgt` is zero everywhere. Five slots have five different object queries: what
# can they tell each other then?

# %%
predict("first self-attention", ...)  # five slots go in: how many different vectors come out?

# %%
self_attention = nn.MultiheadAttention(32, 4, batch_first=True)
nn.init.normal_(self_attention.in_proj_bias)  # zero at birth; training moves it
five_queries, zeros = torch.randn(1, 5, 32), torch.zeros(1, 5, 32)
with torch.no_grad():
    gathered, weights = self_attention(five_queries, five_queries, value=zeros)
    value_bias = self_attention.in_proj_bias[-32:]
    by_hand = self_attention.out_proj(value_bias)

spread = (gathered[0] - gathered[0, 0]).abs().max().item()
print("who listens to whom:", weights[0].numpy().round(2), sep="\n")
print(f"largest difference from the projected bias: {(gathered - by_hand).abs().max().item():.0e}")
reveal("first self-attention", f"one: the five outputs differ by at most {spread:.0e}")

# %% [markdown]
# The five rows of weights differ, and it changes nothing. The values are all the projection of zero, which is
# its bias $b_v$; the weights of a row sum to 1 (dropout is off); and an average of equal vectors is that
# vector. Every slot receives $W_o b_v + b_o$, however the weights fall.
#
# So the first self-attention *can* add one constant vector to all slots. It *cannot* tell a slot anything
# about another. The paper says that it can be skipped (appendix A.3); here it stays, so that all layers are
# alike. After it the slots are still equal. They part one block later, in cross-attention, where each puts
# its own question to the memory.

# %% [markdown]
# ## TODO 1 · One decoder layer
#
# | difficulty | importance | minutes |
# |---|---|---|
# | ●●○ | ●●● | 20 |
#
# Three blocks, and each ends as in the encoder: **add** (what came in plus what the block found: the *residual
# sum*), **then normalise**.
#
# 1. **Self-attention** among the slots, `query_pos` on queries and keys. Add the result to `tgt`, then
#    `norm1`.
# 2. **Cross-attention**: the slots, as block 1 left them, ask the memory. `query_pos` belongs to the slots,
#    `pos` to the cells; both route, and what is passed on is the memory's content. Add, then `norm2`.
# 3. For each slot alone: `linear1` up to `dim_ff`, ReLU, `linear2` back to `d_model`. Add, then `norm3`.
#
# `query_pos` is added on the way into an attention and nowhere else: `tgt` itself never carries it. Dropout
# acts as in step 3: on the output of each block before it is added, after the ReLU, and inside both attentions,
# which drop some of their weights if you hand `dropout` to them. Use `nn.MultiheadAttention` with
# `batch_first=True`, twice, and keep the attribute names: `self_attn`, `cross_attn`, `linear1`, `linear2`,
# `norm1`, `norm2`, `norm3`. PyTorch's own `nn.TransformerDecoderLayer` and its kin are out of reach while
# your answer is checked.


# %% todo="decoder_layer"
class TransformerDecoderLayer(nn.Module):
    """Let N slots confer, then read the memory, then think alone (paper, section 3.2)."""

    def __init__(self, d_model: int = 256, n_heads: int = 8, dim_ff: int = 2048, dropout: float = 0.1):
        super().__init__()
        ### BEGIN SOLUTION
        self.self_attn = nn.MultiheadAttention(d_model, n_heads, dropout=dropout, batch_first=True)
        self.cross_attn = nn.MultiheadAttention(d_model, n_heads, dropout=dropout, batch_first=True)
        self.linear1 = nn.Linear(d_model, dim_ff)
        self.linear2 = nn.Linear(dim_ff, d_model)
        self.norm1 = nn.LayerNorm(d_model)
        self.norm2 = nn.LayerNorm(d_model)
        self.norm3 = nn.LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)
        ### END SOLUTION

    def forward(self, tgt: Tensor, memory: Tensor, pos: Tensor, query_pos: Tensor) -> Tensor:
        """Return the slots [B, N, d] after one layer.

        tgt [B, N, d]: the slots' content; query_pos [B, N, d]: their object queries.
        memory [B, L, d]: the encoder's output; pos [B, L, d]: the positions of its cells.
        """
        ### BEGIN SOLUTION
        q = k = tgt + query_pos
        heard, _ = self.self_attn(q, k, value=tgt, need_weights=False)
        tgt = self.norm1(tgt + self.dropout(heard))

        q, k = tgt + query_pos, memory + pos
        seen, _ = self.cross_attn(q, k, value=memory, need_weights=False)
        tgt = self.norm2(tgt + self.dropout(seen))

        hidden = self.dropout(F.relu(self.linear1(tgt)))
        return self.norm3(tgt + self.dropout(self.linear2(hidden)))
        ### END SOLUTION


# %% tests="decoder_layer" points=5
check.decoder_layer(TransformerDecoderLayer)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.decoder_layer(TransformerDecoderLayer)
### END HIDDEN TESTS

# %% [markdown] hints="decoder_layer"
# <details><summary>Hint 1 · where to look</summary>
#
# Figure 10 of the paper, right half. Follow two arrows: the object queries, into both attentions, and the
# spatial encoding, into one. Note which of the inputs Q, K and V they reach.
# </details>
#
# <details><summary>Hint 2 · the plan</summary>
#
# `__init__` is your encoder layer's, with a second attention and a third norm. `forward` begins like it, with
# `query_pos` for `pos`. Then make a *new* query from the new `tgt`, make the key from memory and `pos`,
# attend, add and norm. The feed-forward block is the encoder's.
# </details>
#
# <details><summary>Hint 3 · almost the line</summary>
#
# `seen, _ = self.cross_attn(query, key, value=...)`: the query comes from the slots and carries `query_pos`,
# the key comes from the memory and carries `pos`, the value carries neither.
# </details>
#
# <details><summary>Help: I get "The size of tensor a (5) must match the size of tensor b (7)"</summary>
#
# You added a position to the wrong side. `query_pos` has N rows and fits `tgt`; `pos` has L rows and fits
# `memory`.
# </details>
#
# <details><summary>Help: my output is right with query_pos = 0 and wrong with it</summary>
#
# Three places are usual. It is missing on the query of cross-attention; it was added to `tgt` itself, where
# the residual sum carries it on; or cross-attention uses the query that was made before block 1.
# </details>
#
# <details><summary>Help: every number is off, also without positions</summary>
#
# Go through the blocks in order: self-attention first; a sum in each block; the norm after the sum;
# `batch_first=True` in both attentions; no mask anywhere.
# </details>

# %% [markdown]
# ### Check yourself against PyTorch
#
# Without positions your layer should equal `nn.TransformerDecoderLayer`. Its cross-attention is called
# `multihead_attn`, as in the reference implementation; for the rest the names agree.

# %%
mine = TransformerDecoderLayer(d_model=64, n_heads=4, dim_ff=128).eval()
theirs = nn.TransformerDecoderLayer(64, 4, 128, batch_first=True).eval()
weights = mine.state_dict().items()
theirs.load_state_dict({name.replace("cross_attn", "multihead_attn"): w for name, w in weights})

tgt, memory = torch.randn(2, 10, 64), torch.randn(2, 30, 64)
out = mine(tgt, memory, torch.zeros_like(memory), torch.zeros_like(tgt))
print(f"largest difference without positions: {(out - theirs(tgt, memory)).abs().max().item():.1e}")

# %% [markdown]
# ### Look at what you built
#
# One of the six held-out images goes through everything that you have written this week: the backbone of step
# 1, the positions of step 2, the encoder of step 3. Nothing is trained.

# %%
PositionalEncoding2D = load("02_positional_encoding").PositionalEncoding2D
TransformerEncoder = load("03_encoder").TransformerEncoder
backbone = load("01_backbone").Backbone(d_model=64, name="tiny").eval()
encoder = TransformerEncoder(n_layers=2, d_model=64, n_heads=4, dim_ff=128).eval()

image, target = six_images()[0]
with torch.no_grad():
    features = backbone(image[None])  # [1, 64, 8, 8]
    pos = PositionalEncoding2D(d_model=64)(features).flatten(2).transpose(1, 2)
    memory = encoder(features.flatten(2).transpose(1, 2), pos)
print(f"memory {list(memory.shape)}, pos {list(pos.shape)}")

# %% [markdown]
# Ten object queries, drawn at random by `nn.Embedding`, now ask this memory. In a new layer the biases of
# `self_attn` and `norm1` are zero, so `tgt` is still zero after block 1, and the query of cross-attention is
# `query_pos` alone. Which cells does each slot attend to? (Seven of the ten are drawn.)

# %%
query_pos = nn.Embedding(10, 64).weight.detach()[None]  # [1, 10, 64]
with torch.no_grad():
    _, looks = mine.cross_attn(query_pos, memory + pos, memory)  # [1, 10 slots, 64 cells]

figure = draw.new_figure(9.6, 4.6)
axes = figure.subplots(2, 4).flat
draw.visualize(image, None, axes[0], "the image")
for slot, ax in enumerate(axes[1:]):
    draw.heatmap(looks[0, slot].view(8, 8), ax, f"slot {slot}")
draw.show(
    figure, "An image, and seven maps of its 8 by 8 cells: where seven slots look. The maps differ."
)

# %% [markdown]
# Even shares would give each cell 1/64, about 0.016. The memory is the same for all slots and so are the
# weights; the maps differ because the object queries differ, and for no other reason. Where one of them falls
# on an object, it does so by chance. Training teaches the queries what to ask for: in the paper each slot
# comes to prefer certain areas and box sizes (section 4.3, figure 7), and looks mostly at the extremities of
# objects, heads or legs (section 4.2, figure 6).

# %% [markdown]
# ## TODO 2 · The stack
#
# | difficulty | importance | minutes |
# |---|---|---|
# | ●○○ | ●●● | 8 |
#
# `n_layers` layers, **each with its own weights**. `tgt` goes from layer to layer; `memory`, `pos` and
# `query_pos` are the same for all of them. (Given once, at the input, as in the original Transformer, both
# kinds of position cost the paper 1.4 AP: section 4.2. *AP* is COCO's mark for a detector, from 0 to 100; step
# 9 says how it is made.) Return a **list with the output of every layer**, first to last:
#
# - Each entry of the list has passed through `norm`, an `nn.LayerNorm`. There is **one**, shared by all
#   layers.
# - The next layer gets the output as it was, **not normed**.
#
# Why keep them all? The heads of step 5 turn every entry into predictions, and the loss of step 7 judges each
# of them (*auxiliary losses*). The heads are the same for all layers; the shared norm prepares every entry
# for them (section 3.2, and `models/transformer.py` in [the reference
# implementation](https://github.com/facebookresearch/detr)). In the paper the predictions improve with every
# layer, by 8.2 AP from the first to the last (section 4.2, figure 4).
#
# `norm` is as wide as the layers: `d_model` as the caller gave it in `layer_kwargs`, or else 256.


# %% todo="decoder"
class TransformerDecoder(nn.Module):
    """Stack n_layers decoder layers and keep the output of each (paper, section 3.2)."""

    def __init__(self, n_layers: int = 6, **layer_kwargs):
        super().__init__()
        ### BEGIN SOLUTION
        self.layers = nn.ModuleList(TransformerDecoderLayer(**layer_kwargs) for _ in range(n_layers))
        self.norm = nn.LayerNorm(layer_kwargs.get("d_model", 256))
        ### END SOLUTION

    def forward(self, tgt: Tensor, memory: Tensor, pos: Tensor, query_pos: Tensor) -> list[Tensor]:
        """Return the normed outputs of all layers, a list of n_layers tensors [B, N, d].

        tgt [B, N, d]: the slots' content; query_pos [B, N, d]: their object queries.
        memory [B, L, d]: the encoder's output; pos [B, L, d]: the positions of its cells.
        """
        ### BEGIN SOLUTION
        outputs = []
        for layer in self.layers:
            tgt = layer(tgt, memory, pos, query_pos)
            outputs.append(self.norm(tgt))
        return outputs
        ### END SOLUTION


# %% tests="decoder" points=3
check.decoder(TransformerDecoder)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.decoder(TransformerDecoder)
### END HIDDEN TESTS

# %% [markdown] hints="decoder"
# <details><summary>Hint 1 · where to look</summary>
#
# Your own `TransformerEncoder` of step 3. Two things are new: a norm, and a list.
# </details>
#
# <details><summary>Hint 2 · the plan</summary>
#
# Build the layers as in step 3 and one `nn.LayerNorm`. In `forward`, start an empty list; for each layer,
# replace `tgt` by the layer's output, then append a normed copy of it. `layer_kwargs` is a dictionary.
# </details>
#
# <details><summary>Hint 3 · almost the line</summary>
#
# First `tgt = layer(...)`, then `outputs.append(self.norm(...))`: what the norm returns goes into the list and
# nowhere else. For the width, `layer_kwargs.get("d_model", ...)`.
# </details>
#
# <details><summary>Help: in my own trials the norm seems to do nothing</summary>
#
# In a fresh decoder that is so. Every layer ends with `norm3`, and to normalise twice with weights 1 and
# biases 0 changes almost nothing. After training the two norms have learned different weights; the check
# draws some.
# </details>
#
# <details><summary>Help: the check says that a size is 256 and should be 8</summary>
#
# The width of `norm`, or of the layers, was not taken from `layer_kwargs`. If you took it out with `pop`, the
# layers no longer get it.
# </details>

# %% [markdown]
# ## Three experiments with ten slots
#
# Your decoder now runs on the memory from above: ten slots, six layers, nothing trained. It gets the ten
# object queries once in order and once shuffled.

# %%
predict("shuffled queries", ...)  # the ten outputs: "the same", "the same, shuffled" or "others"?

# %%
decoder = TransformerDecoder(n_layers=6, d_model=64, n_heads=4, dim_ff=128).eval()
tgt, order = torch.zeros(1, 10, 64), torch.randperm(10)
with torch.no_grad():
    outputs = decoder(tgt, memory, pos, query_pos)
    shuffled = decoder(tgt, memory, pos, query_pos[:, order])

print(f"{len(outputs)} outputs of shape {list(outputs[-1].shape)}")
gap = max((a[:, order] - b).abs().max().item() for a, b in zip(outputs, shuffled, strict=True))
reveal("shuffled queries", f"the same, shuffled alike (largest difference {gap:.0e})")

# %% [markdown]
# The decoder is permutation-equivariant in its queries, as the encoder is in its tokens: no slot is the first
# or the last. A causal mask would break this. Equivariance also means that a slot's *number* decides nothing;
# its object query does. Which prediction answers for which object still has to be found out: that is the
# matching of day 4.
#
# Now make slot 7 a twin of slot 3: the same object query.

# %%
predict("twins", ...)  # after which layer (1 to 6) do slots 3 and 7 begin to differ, if at all?

# %%
twins = query_pos.clone()
twins[0, 7] = twins[0, 3]
with torch.no_grad():
    gaps = [(output[0, 3] - output[0, 7]).norm().item() for output in decoder(tgt, memory, pos, twins)]
reveal("twins", f"after none: the largest distance is {max(gaps):.0e}")

# %% [markdown]
# Only a difference that goes in can come out: the twins ask the same and are told the same, so they stay the same, through any number of layers.
# Self-attention does not part them either: it lets slots hear each other, and these two say and hear the
# same. That is why the N object queries have to differ (section 3.2). Drawn at random, they do from the
# start.
#
# What, then, is self-attention for? Give slot 3 another object query and see which outputs move.

# %%
predict("first notice", ...)  # after which layer (1 to 6) do the outputs of OTHER slots move?

# %%
changed = query_pos.repeat(10, 1, 1)  # not only slot 3: in copy i, the query of slot i is changed
changed[range(10), range(10)] += torch.randn(10, 64)
copies = [tensor.expand(10, -1, -1) for tensor in (tgt, memory, pos, query_pos)]
with torch.no_grad():
    before = decoder(*copies)
    after = decoder(*copies[:3], changed)

moves = torch.stack([(a - b).norm(dim=-1).T for a, b in zip(after, before, strict=True)])
others = (moves * (1 - torch.eye(10))).amax(dim=(1, 2))  # [6]: the largest move of a slot not changed
first = int((others > 1e-5).nonzero()[0]) + 1
reveal("first notice", f"first after layer {first}")

# %%
figure = draw.new_figure(9.6, 3.3)
for ax, layer in zip(figure.subplots(1, 3), (1, 2, 6), strict=True):
    seen = moves[layer - 1].where(moves[layer - 1] > 1e-5, torch.nan)  # grey: does not move
    draw.heatmap(seen.log10(), ax, f"after layer {layer}: log10 of the move")
    ax.set(xlabel="slot whose query was changed", ylabel="slot that moves")
alt = "Three 10 by 10 maps: after layer 1 only the diagonal is filled, after layers 2 and 6 every cell."
draw.show(figure, alt)

# %% [markdown]
# Column: the slot whose object query was changed. Row: a slot, and how far its output moves. Grey: it does
# not move.
#
# - **After layer 1** only the changed slot itself moves. The one self-attention so far had nothing to pass
#   on.
# - **From layer 2 on** every slot depends on every other, above the diagonal and below: there is no causal
#   mask. By now a slot has content, what it saw in the first cross-attention, and self-attention carries it
#   to the others.
#
# So self-attention lets each slot take into account what the others have found. It is the only channel
# through which slots can react to each other. The paper sees the consequence in a trained model (section 4.2,
# figure 4): removing duplicates afterwards, by NMS, improves the first layer's predictions and costs the last
# layers a little AP.

# %% [markdown] locked="question_without_content"
# ## Written question (a) · a position without content
#
# An object query is called a positional embedding without content. In four to six sentences: what does this
# mean in your decoder (where does `query_pos` go, where does it not go, what is `tgt` at the start)? And name
# two differences from how an autoregressive decoder makes its outputs. (2 points)

# %% [markdown] written="without_content" points=2
# **Model answer.** `query_pos` is added to the slots' queries and keys in self-attention and to their queries
# in cross-attention, in every layer, as a positional encoding is. It is never added to values or to `tgt`, so
# it steers where a slot looks and is not itself passed on. The content of a slot is `tgt`; it starts at zero
# and is filled only by what the slot reads from the memory (and, later, hears from the others). An
# autoregressive decoder makes one element for each pass; each slot starts from content, the element before
# it, and a causal mask hides what comes later. DETR makes all N in one pass, every slot sees every other, the
# outputs have no order, and N is fixed instead of ended by a token.
#
# **Rubric.** 1 point: queries and keys yes, values and residual no, `tgt` starts at zero and collects the
# content. 1 point: two real differences, out of: one pass against one pass for each element; no causal mask;
# no feeding back of outputs as inputs; a set instead of a sequence; a fixed N instead of an end token. "It is
# faster" alone does not count.

# %% [markdown] locked="question_the_other_97"
# ## Written question (b) · the other 97
#
# 100 slots, three objects in the image. What do the other 97 do? Two or three sentences. (1 point)

# %% [markdown] written="the_other_97" points=1
# **Model answer.** They are to answer "no object". Three predictions are matched with the three objects; the
# other 97 are trained towards the extra class only, and their boxes enter no box loss and mean nothing. They
# are not useless: they take part in self-attention, and in another image, with objects elsewhere or of other
# sizes, they may be the ones that are matched.
#
# **Rubric.** 1 point for "no object" as an answer that is given (and trained), not a query that is switched
# off or removed. Specialisation, box loss and self-attention are welcome and not required. Half a point where
# they are said to be "ignored" without the class.

# %% [markdown] locked="question_no_self_attention"
# ## Written question (c) · without self-attention
#
# Take the self-attention among the slots out of every layer. On what can the output of one slot then
# depend, and on what not? What would you see in the predictions, and why? Your third experiment says half of
# it. Four to six sentences. (2 points)

# %% [markdown] written="no_self_attention" points=2
# **Model answer.** Each slot's output then depends on its own object query and on the memory, and on no other
# slot, however many layers there are: the picture would look in every layer as it does after layer 1. Two
# slots that look at the same object cannot know of each other, so both may report it: duplicates, and a need
# for NMS. One-to-one matching punishes the second report in training, but a slot cannot see whether another has
# taken the object; it can only divide the image with the others beforehand, through its query, or lower its
# score wherever another may be the one that is matched. The paper sees this in the first layer, where nothing
# has been exchanged yet: there NMS improves the predictions, and less and less so in later ones.
#
# **Rubric.** 1 point: no dependence between slots at any depth; own query and memory only. 1 point:
# duplicates, with the reason (nobody knows who has taken the object); or that the queries must then divide up
# the image beforehand, with a reason. The sentence on NMS or on hedged scores is welcome and not required. "The
# result gets worse" alone gives nothing.

# %% [markdown]
# ## Where the six images stand
#
# Ten slots can now question each of these images, and six layers of answers come back, as vectors. No one can
# read them yet, and no one has said what a good answer is: still no boxes. Step 5 gives the vectors a class
# and a box each.

# %%
draw.six_so_far(caption="ten questions asked, and no answer that can be read")
