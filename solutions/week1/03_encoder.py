# %% [markdown]
# # Step 3 · The encoder
#
# **Day 2 · about 60 minutes · 6 points for code, 2 for writing**
#
# *What you will have at the end:* a stack of layers in which every place of the image can ask every other
# place for information. It turns the backbone's tokens into the *memory* that the decoder reads tomorrow.
#
# *Read first:* section 3.2 ("Transformer encoder") and figure 10 of [the paper](https://arxiv.org/abs/2005.12872).
# *Not covered:* padding masks. All images of this week have one size, so there is nothing to mask.

# %% [markdown]
# ## Recall
#
# Answer in your head, then unfold.
#
# <details><summary>What are the tokens that arrive here, and how many are there for a 128 px image at stride 16?</summary>
#
# Cells of the backbone's last feature map, projected to `d_model` channels: 8 × 8 = 64 of them, one for every
# 16 × 16 px. Each also knows something of its surroundings, because its receptive field is far larger than 16 px.
# </details>
#
# <details><summary>Shuffle the tokens: what does self-attention without positions return?</summary>
#
# The same vectors, shuffled in the same way. It is permutation-equivariant; without positional encodings the
# image might as well be a bag of cells.
# </details>
#
# <details><summary>Step 0: why does DETR need no filter like NMS behind it?</summary>
#
# Because duplicates are mistakes in training: each object is matched to one query, and all others are to say "no
# object".
# </details>

# %% locked="setup"
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from detrlab import check, compare, draw, hint, predict, progress, reveal
from detrlab.steps import load

_ = torch.manual_seed(0)

# %% [markdown]
# ## Attention in four lines
#
# Every token sends out a *query* ("what am I looking for?"; the N object queries of step 0 are something else, and come
# back in step 4) and a *key* ("what can I be found by?"). The match of query $i$ with key $j$ says how much of token
# $j$'s *value* flows to token $i$:
#
# $$\text{out}_i = \sum_j \underbrace{\operatorname{softmax}_j\!\left(\frac{q_i \cdot k_j}{\sqrt{d}}\right)}_{\text{who listens to whom}} \; \underbrace{v_j}_{\text{what is said}}$$
#
# Here it is for three tokens of width 4, by hand. The rows of `attention` sum to 1: each token spends a budget of
# one on whom it listens to.

# %%
tokens = torch.randn(3, 4)
scores = tokens @ tokens.T / 4**0.5
attention = scores.softmax(dim=-1)
by_hand = attention @ tokens

by_torch = F.scaled_dot_product_attention(tokens[None], tokens[None], tokens[None])[0]
print(attention.numpy().round(2))
print(f"largest difference from PyTorch's own: {(by_hand - by_torch).abs().max().item():.0e}")

# %% [markdown]
# Here every token is its own query, key and value, and $d$ is their width. `nn.MultiheadAttention` first makes the three
# from each token by learned linear maps, with biases. It does so in `n_heads` *heads* side by side, each of width
# `d_model / n_heads`, and joins what the heads return by one more linear map, $W_o$. It hands back a pair: the outputs, and
# the attention weights averaged over the heads.

# %% [markdown]
# ## Where does position go in?
#
# A layer of DETR adds the positional encoding to queries and keys, and not to values. So position takes part in
# *who listens to whom* and stays out of *what is said*: it is a routing signal, not content.
#
# In step 2 two equal patches got different outputs that way. Now *all* six tokens have the same content and differ in
# position only. Positions go onto queries and keys, and nowhere else. Commit yourself before you run:

# %%
predict("equal tokens", ...)  # six tokens of one content, pos on q and k only: do the outputs differ?

# %%
content = torch.randn(1, 1, 8).expand(1, 6, 8)
position = torch.randn(1, 6, 8)
routed = content + position

for name, values in {"pos on q and k": content, "pos on v, too": routed}.items():
    out = F.scaled_dot_product_attention(routed, routed, values)
    print(f"{name}: the outputs differ by at most {(out - out[:, :1]).abs().max().item():.2f}")
reveal("equal tokens", "no: each listens to others, and all of them say the same")

# %% [markdown]
# The address itself is never passed on. But place leaves a trace in what is gathered, because it decides *who* is heard,
# as soon as there are different things to hear. It has to: the boxes of step 5 are read from nothing else. That trace is
# learned, not copied. With positions on the values, every layer would mix the addresses into what is said, and the
# following ones would have to tell them apart again.
#
# How much does it matter? The paper's table 3 measures on COCO, in *AP*, a detector's mark from 0 to 100 (step 9 says how
# it is made). Positions at every attention, in encoder and decoder: 40.6 AP. Once, at the input: 1.4 less. None in the
# encoder, as usual in the decoder: only 1.3 less, which surprised the authors (section 4.2). None anywhere: 7.8 less. (In
# the runs "once" and "none anywhere" the object queries, too, are given at the input only.)

# %% [markdown]
# ## TODO 1 · One encoder layer
#
# | difficulty | importance | minutes |
# |---|---|---|
# | ●●○ | ●●● | 20 |
#
# Two halves, and each ends in the same way: **add, then normalise** (*post-norm*).
#
# 1. Self-attention over all tokens, `pos` on queries and keys. Add the result to what came in (the *residual* sum), then
#    `norm1`.
# 2. The *feed-forward network* (FFN), for each token alone: `linear1` up to `dim_ff`, ReLU, `linear2` back to `d_model`.
#    Add, then `norm2`.
#
# Both norms are `nn.LayerNorm(d_model)`: it standardises each token by itself, whatever else is in the batch. Dropout
# acts on the output of each half before it is added, inside the second half after the ReLU, and inside the attention,
# which drops some of its weights if you hand `dropout` to it.
#
# Use `nn.MultiheadAttention` with `batch_first=True`, and keep the attribute names: `self_attn`, `linear1`, `linear2`,
# `norm1`, `norm2`. The comparison with PyTorch below copies weights by these names, and so does day 5. (The check also
# accepts other names, if the parts are defined in this order.) PyTorch's own `nn.TransformerEncoderLayer` and its kin are
# out of reach while your answer is checked.


# %% todo="encoder_layer"
class TransformerEncoderLayer(nn.Module):
    """Let every token gather from all others, then transform each on its own (paper, section 3.2)."""

    def __init__(self, d_model: int = 256, n_heads: int = 8, dim_ff: int = 2048, dropout: float = 0.1):
        super().__init__()
        ### BEGIN SOLUTION
        self.self_attn = nn.MultiheadAttention(d_model, n_heads, dropout=dropout, batch_first=True)
        self.linear1 = nn.Linear(d_model, dim_ff)
        self.linear2 = nn.Linear(dim_ff, d_model)
        self.norm1 = nn.LayerNorm(d_model)
        self.norm2 = nn.LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)
        ### END SOLUTION

    def forward(self, src: Tensor, pos: Tensor) -> Tensor:
        """Return the tokens [B, L, d] after one layer, from tokens src and positions pos [B, L, d]."""
        ### BEGIN SOLUTION
        q = k = src + pos
        gathered, _ = self.self_attn(q, k, value=src, need_weights=False)
        src = self.norm1(src + self.dropout(gathered))
        hidden = self.dropout(F.relu(self.linear1(src)))
        return self.norm2(src + self.dropout(self.linear2(hidden)))
        ### END SOLUTION


# %% tests="encoder_layer" points=4
check.encoder_layer(TransformerEncoderLayer)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.encoder_layer(TransformerEncoderLayer)
### END HIDDEN TESTS

# %% [markdown] hints="encoder_layer"
# <details><summary>Hint 1 · where to look</summary>
#
# Figure 10 of the paper, left half: follow the arrow of the positional encoding and note where it does *not* go.
# </details>
#
# <details><summary>Hint 2 · the plan</summary>
#
# In `__init__`: one attention, two linear layers, two norms, one dropout. In `forward`: make `src + pos` once and use
# it twice; attend; add and norm; feed forward; add and norm. `nn.MultiheadAttention` returns a pair.
# </details>
#
# <details><summary>Hint 3 · almost the line</summary>
#
# `gathered, _ = self.self_attn(query, key, value)`, where two of the three carry `pos`. Then
# `src = self.norm1(src + ...)`.
# </details>
#
# <details><summary>Help: my shapes are right, but every number is off</summary>
#
# The usual causes: `batch_first=True` is missing, so that attention runs across the batch; the norm stands before the sum
# instead of after it; the sum itself is missing.
# </details>
#
# <details><summary>Help: my output changes from call to call</summary>
#
# That is dropout, and it is right in training mode. `layer.eval()` switches it off; the check does so.
# </details>

# %% [markdown]
# ### Check yourself against PyTorch
#
# With `pos = 0` nothing is left that is special to DETR: your layer should equal `nn.TransformerEncoderLayer`, given
# the same weights. PyTorch's happens to use the same attribute names, so they can be copied across.

# %%
mine = TransformerEncoderLayer(d_model=64, n_heads=4, dim_ff=128).eval()
theirs = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True).eval()
theirs.load_state_dict(mine.state_dict())

src = torch.randn(2, 10, 64)
gap = (mine(src, torch.zeros_like(src)) - theirs(src)).abs().max().item()
print(f"largest difference with pos = 0: {gap:.1e}")

# %% [markdown]
# ### Look at what you built
#
# An untrained layer already routes by position. All tokens below have the *same* content (zeros), on an 8 × 8 grid with
# your positional encoding from step 2. Who listens to whom, seen from three places:

# %%
PositionalEncoding2D = load("02_positional_encoding").PositionalEncoding2D
grid = PositionalEncoding2D(d_model=64)(torch.zeros(1, 64, 8, 8))
pos = grid.flatten(2).transpose(1, 2)  # [1, 64 tokens, 64 channels]

layer = TransformerEncoderLayer(d_model=64, n_heads=4, dim_ff=128).eval()
with torch.no_grad():
    _, weights = layer.self_attn(3 * pos, 3 * pos, torch.zeros_like(pos))  # times 3: sharper

figure = draw.new_figure(9.6, 2.9)
axes = figure.subplots(1, 3)
for ax, (row, column) in zip(axes, [(1, 1), (3, 6), (6, 2)], strict=True):
    title = f"token at row {row + 1}, column {column + 1}"
    draw.heatmap(weights[0, row * 8 + column].view(8, 8), ax, title)
    ax.plot(column, row, "o", color="white", markeredgecolor="black")
draw.show(
    figure, "Three attention maps over an 8 by 8 grid; the listening token is marked by a white dot."
)

# %% [markdown]
# Even shares would be 1/64, about 0.016. The maps are arbitrary (the weights are random) but they differ from place to place, although no token has any
# content. After training, the paper's encoder seems to tell objects apart already (section 4.2, figure 3).

# %% [markdown]
# ## TODO 2 · The stack
#
# | difficulty | importance | minutes |
# |---|---|---|
# | ●○○ | ●●● | 10 |
#
# `n_layers` layers, one after the other, **each with its own weights**, each given the same `pos`. What comes out is
# called the *memory*.


# %% todo="encoder"
class TransformerEncoder(nn.Module):
    """Stack n_layers encoder layers, each with weights of its own (paper, section 3.2)."""

    def __init__(self, n_layers: int = 6, **layer_kwargs):
        super().__init__()
        ### BEGIN SOLUTION
        self.layers = nn.ModuleList(TransformerEncoderLayer(**layer_kwargs) for _ in range(n_layers))
        ### END SOLUTION

    def forward(self, src: Tensor, pos: Tensor) -> Tensor:
        """Return the memory [B, L, d], from tokens src [B, L, d] and their positions pos [B, L, d]."""
        ### BEGIN SOLUTION
        for layer in self.layers:
            src = layer(src, pos)
        return src
        ### END SOLUTION


# %% tests="encoder" points=2
check.encoder(TransformerEncoder)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.encoder(TransformerEncoder)
### END HIDDEN TESTS

# %% [markdown] hints="encoder"
# <details><summary>Hint 1 · where to look</summary>
#
# `nn.ModuleList` in PyTorch's documentation: a Python list would hide the layers' parameters from the optimiser.
# </details>
#
# <details><summary>Hint 2 · the plan</summary>
#
# Build the layer `n_layers` times (not once, then repeated). In `forward`, feed each layer's output to the next, and `pos`
# to all of them.
# </details>
#
# <details><summary>Hint 3 · almost the line</summary>
#
# `nn.ModuleList(TransformerEncoderLayer(...) for _ in range(...))`, with `**layer_kwargs` passed on.
# </details>

# %% [markdown]
# ### What a layer costs
#
# Parameters do not depend on the image; attention's work does, with the *square* of the number of tokens. That square is
# the reason why DETR reads the backbone's coarsest map. Its first well-known successor,
# [Deformable DETR](https://arxiv.org/abs/2010.04159), lets each query attend to a few sampled places instead of all.

# %%
full_size = TransformerEncoderLayer()
parameters = sum(parameter.numel() for parameter in full_size.parameters())
print(f"one layer at the paper's size: {parameters:,} parameters")
for height, width, stride in [(128, 128, 16), (800, 1066, 32), (800, 1066, 16)]:
    length = -(-height // stride) * -(-width // stride)
    print(f"{height} x {width} px at stride {stride}: {length:,} tokens, {length**2:,} pairs per head")

# %% [markdown] locked="question_pe_every_layer"
# ## Written question · why at every layer?
#
# DETR hands `pos` to **every** encoder layer. The original Transformer adds it once, at the input. In three to five sentences:
# what could go wrong with "once", and what does adding it only to queries and keys have to do with it? (2 points)

# %% [markdown] written="pe_every_layer" points=2
# **Model answer.** Added once at the input, position is mixed into the content and has to survive residual sums, norms and FFNs,
# layer after layer, to be of use in layer 6; the network must spend width on carrying it and on telling it apart from
# content. Given anew to every layer, it is always there at full strength. Because it then goes to queries and keys only, it
# decides who attends to whom and is not copied into what is passed on. Table 3 fits this without proving it: 1.4 AP less with
# encodings and queries at the input only.
#
# **Rubric.** 1 point: the signal fades or gets entangled with content when it is given once. 1 point: queries and keys route, values
# carry content; keeping position out of values keeps the address from being copied into the features at every layer. The table's
# number is welcome and not required.

# %% [markdown]
# ## Where the six images stand
#
# The same six held-out images close every notebook. Their tokens can now talk to each other, but nobody has asked them
# anything yet: still no boxes. The asking starts in step 4, with the object queries.

# %%
draw.six_so_far(caption="tokens that talk, and no questions asked yet")
