# %% [markdown]
# # Step 2 · Positional encoding
#
# **Day 2 · about 60 minutes · 6 points for code, 2 for writing**
#
# *What you will have at the end:* a module that gives every cell of a feature map an address, `d_model` numbers that
# say in which row and which column it stands. The encoder, which comes next, is lost without it.
#
# *Read first:* "Spatial positional encoding" in appendix A.4 of [the paper](https://arxiv.org/abs/2005.12872) (one
# paragraph), and section 3.5 of [Attention is all you need](https://arxiv.org/abs/1706.03762), where the recipe
# comes from.
# *Not covered:* relative and rotary encodings, and padding masks: all images of this week have one size.

# %% [markdown]
# ## Recall
#
# Answer in your head, then unfold.
#
# <details><summary>Step 0: in which coordinates are DETR's boxes, and what has to be known to predict one?</summary>
#
# (cx, cy, w, h), each a fraction of the image, in [0, 1]. So whoever predicts a box has to know where in the image its
# evidence stands, and as a fraction, not in pixels.
# </details>
#
# <details><summary>Step 1: what is a token, and how many are there for an image of 800 × 1066 px at stride 32?</summary>
#
# A cell of the backbone's last feature map, projected to `d_model` channels: 25 × 34 = 850 of them. Flattened row by
# row, token number $i$ is the cell in row $\lfloor i / 34 \rfloor$ and column $i \bmod 34$.
# </details>
#
# <details><summary>Step 1: does a token know where it stands, because of its large receptive field?</summary>
#
# Not by itself. A convolution uses the same weights everywhere, so the same surroundings give the same vector at
# any place. Only zero padding at the image's border gives something away
# ([Islam et al. 2020](https://arxiv.org/abs/2001.08248) measure how much).
# </details>

# %% locked="setup"
import itertools
import math

import torch
from matplotlib.patches import Circle, Rectangle
from torch import Tensor, nn
from torch.nn import functional as F

from detrlab import check, compare, draw, hint, predict, progress, reveal
from detrlab.toy import make_synthetic_sample

_ = torch.manual_seed(0)
# %% [markdown]
# ## Attention cannot see order
#
# Attention gets an image as a list of tokens, and replaces each of them by a weighted mean of all. A *query* made from
# the one is compared with a *key* made from each of the others, which gives the weights; what is averaged are their
# *values*. The three arguments of `attention` below say from what each is made. Step 3 takes this apart; today one
# property is enough. (Here every token makes a query. The N object queries of step 0 come back in step 4.)
#
# Try it on tokens that you can look at: cut a toy image into 64 patches of 16 × 16 px and let the raw pixels of a
# patch be its token. Then shuffle the list and attend again, with the same weights.

# %%
predict("shuffled patches", ...)  # what comes out for the shuffled list, compared with before?

# %%
image, target = make_synthetic_sample(seed=2, index=2)
patches = F.unfold(image[None], 16, stride=16).transpose(1, 2)  # [1, 64 tokens, 768 pixel values]
shuffle = torch.randperm(64)
attention = nn.MultiheadAttention(768, 8, batch_first=True)

with torch.no_grad():
    before, _ = attention(patches, patches, patches)
    mixed = patches[:, shuffle]
    after, _ = attention(mixed, mixed, mixed)
gap = (before[:, shuffle] - after).abs().max().item()
reveal("shuffled patches", f"the same vectors, in the shuffled order (largest difference {gap:.0e})")

# %%
scrambled = F.fold(mixed.transpose(1, 2), (128, 128), 16, stride=16)[0]
figure = draw.gallery([(image, None), (scrambled, None)], ["the image", "its patches, shuffled"])
draw.show(
    figure, "A toy image of a square, a circle and a triangle; beside it the same patches, shuffled."
)

# %% [markdown]
# Whatever attention computes for a patch on the left, it computes for the same patch on the right. It is
# *permutation-equivariant*: shuffle what goes in, and what comes out is shuffled in the same way, nothing else. The
# other parts of a Transformer layer (linear layers, norms) treat each token alone, so stacking layers does
# not help.
#
# For a detector this is fatal in a simple way. Give two places the same content: here the last patch becomes a copy
# of the first, in the opposite corner. Then add 64 different vectors to the queries and keys, one for each place.

# %%
twins = patches.clone()
twins[0, 63] = twins[0, 0]
address = torch.randn(1, 64, 768)
with torch.no_grad():
    without, _ = attention(twins, twins, twins)
    addressed, _ = attention(twins + address, twins + address, twins)
for name, out in [("without addresses", without), ("with addresses", addressed)]:
    print(f"{name}: the twins differ by {(out[0, 0] - out[0, 63]).norm().item():.2f}")

# %% [markdown]
# Without addresses the twins get one and the same output, so whatever reads a box from it reads the same box twice.
# Random addresses break the tie, and nothing more. Good ones are also **bounded** (they must not drown the content),
# **alike for neighbours** and unlike for distant cells, and defined for **every image size**.

# %% [markdown]
# ## One axis: a clock with many hands
#
# Take one axis, with positions $p = 1, 2, 3, \dots$ The number itself is a poor address, since it grows without bound.
# The hand of a clock does better: let it stand at the angle $p$ and write down its tip, $(\sin p, \cos p)$. That is
# bounded, and neighbours are alike. But after one turn, $2\pi \approx 6.28$ positions, it starts again.
#
# A clock solves this with several hands at different speeds: the fast one tells neighbours apart, the slow ones say which
# turn it is. An address of $n$ features has $n/2$ hands. Hand $j$ gives two of them, a sine and a cosine:
#
# $$e_{2j}(p) = \sin\frac{p}{T^{2j/n}}, \qquad e_{2j+1}(p) = \cos\frac{p}{T^{2j/n}}, \qquad j = 0, 1, \dots, \tfrac{n}{2} - 1$$
#
# $T$ is called the *temperature*, 10000 in the original Transformer and in DETR's code. Hand 0 divides $p$ by 1;
# each further hand is slower by the same factor.
#
# A worked example with $n = 4$ and $T = 100$. There are two hands: hand 0 divides by $100^{0} = 1$ and hand 1 by
# $100^{2/4} = 10$. Positions 1 and 45 are 44 apart, almost exactly seven turns of hand 0 (43.98).

# %%
for position in (1, 2, 45):
    fast, slow = position / 100 ** (0 / 4), position / 100 ** (2 / 4)
    features = [math.sin(fast), math.cos(fast), math.sin(slow), math.cos(slow)]
    print(f"position {position:2}:", "  ".join(f"{feature:5.2f}" for feature in features))

# %% [markdown]
# Hand 0 (the first two features) takes 45 for 1. Hand 1 does not.

# %% [markdown]
# ## TODO 1 · The recipe on one axis
#
# | difficulty | importance | minutes |
# |---|---|---|
# | ●○○ | ●●○ | 10 |
#
# Count the features by $i = 0, 1, \dots, n-1$. Features 0 and 1 belong to hand 0, features 2 and 3 to hand 1, and
# so on: feature $i$ belongs to hand $j = \lfloor i/2 \rfloor$, in Python `i // 2`. Even features are sines, odd
# ones cosines. The formula's $n$ is `n_features`, its $T$ is `temperature`.
#
# Positions are floats and need not be whole numbers. You will use that in a moment.


# %% todo="sine_1d"
def sine_1d(position: Tensor, n_features: int, temperature: float = 10000.0) -> Tensor:
    """Encode positions [L] as addresses [L, n_features]: sin, cos, sin, cos, ..., fastest hand first.

    `position` holds floats; `n_features` is even.
    """
    ### BEGIN SOLUTION
    i = torch.arange(n_features, device=position.device)
    divisor = temperature ** (2 * (i // 2) / n_features)
    angle = position[:, None] / divisor  # [L, n_features]
    return torch.where(i % 2 == 0, angle.sin(), angle.cos())
    ### END SOLUTION


# %% tests="sine_1d" points=2
check.sine_1d(sine_1d)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.sine_1d(sine_1d)
### END HIDDEN TESTS

# %% [markdown] hints="sine_1d"
# <details><summary>Hint 1 · where to look</summary>
#
# The formula above, once for every pair of position and feature. `position[:, None]` has shape [L, 1]; divided by
# something of shape [n] it gives a table [L, n].
# </details>
#
# <details><summary>Hint 2 · the plan</summary>
#
# Make `i` with `torch.arange`. From it one divisor for each feature, the same for 2j and 2j + 1. Divide. Take the
# sine where `i` is even and the cosine where it is odd.
# </details>
#
# <details><summary>Hint 3 · almost the line</summary>
#
# `divisor = temperature ** (2 * (...) / n_features)`, and at the end `torch.where(i % 2 == 0, ..., ...)`.
# </details>
#
# <details><summary>Help: the first two columns are right, the others are not</summary>
#
# Hand 0 divides by 1, so its two columns are right whatever the exponent is. Print your divisors for `n_features=4` and
# `temperature=100`: they should be 1, 1, 10, 10.
# </details>
#
# <details><summary>Help: all my divisors are 1</summary>
#
# `//` rounds down. It belongs on `i // 2` and nowhere else: the exponent itself is a fraction.
# </details>

# %% [markdown]
# ### Look at what you built
#
# An angle that starts at twelve o'clock and runs clockwise has its tip at (sin, cos). So your features *are* the
# tips of a clock's hands. Four hands, twelve positions:

# %%
hands = sine_1d(torch.arange(1, 13.0), n_features=8, temperature=100).view(12, 4, 2)
figure = draw.new_figure(9.6, 3.2)
ax = figure.add_subplot()
ax.set(xlim=(-1.8, 11.6), ylim=(-3.5, 0.9), aspect="equal")
ax.set_axis_off()
for p, j in itertools.product(range(12), range(4)):
    tip_x, tip_y = 0.4 * hands[p, j]
    ax.add_patch(Circle((p, -j), 0.42, fill=False, edgecolor="#BBBBBB"))
    ax.plot([p, p + tip_x], [-j, -j + tip_y], color=draw.PALETTE[j], linewidth=2.5)
for j in range(4):
    ax.text(-0.7, -j, f"hand {j}", ha="right", va="center")
for p in range(12):
    ax.text(p, 0.6, p + 1, ha="center")
draw.show(figure, "Twelve positions in columns, four clock hands in rows; each row turns more slowly.")

# %% [markdown]
# Read a column from top to bottom: four hands, eight numbers, one address.
#
# Now many positions and more features. On the left each row
# is an address. On the right are the dot products of all pairs of addresses, which is what attention works with.

# %%
addresses = sine_1d(torch.arange(1, 51.0), n_features=32)
figure = draw.new_figure(9.6, 4)
left, right = figure.subplots(1, 2)
draw.heatmap(addresses, left, "50 addresses (rows) of 32 features", symmetric=True)
draw.heatmap(addresses @ addresses.T, right, "dot product of every two of them")
draw.show(figure, "Left: stripes that slow down to the right. Right: bands along the diagonals.")

# %% [markdown]
# Every diagonal on the right has one colour: the dot product depends on the *distance* of two positions, not on where
# they are. That is why each hand gives a sine *and* a cosine. Their products add up to one cosine of a difference:
# $\sin a \sin b + \cos a \cos b = \cos(a - b)$.

# %% [markdown]
# ## Two axes: half the channels each
#
# A cell of a feature map has a row and a column. DETR encodes the row with $d/2$ features and the column with
# $d/2$ features by the same recipe, and puts the **row (y) first, the column (x) second**:
#
# 1. **Count** rows 1 to $H'$ and columns 1 to $W'$. The reference implementation counts with a cumulative sum,
#    which starts at 1.
# 2. **Normalise**: divide each count by the last one and multiply by `scale`, so that positions lie in $(0, 2\pi]$
#    whatever the size:
#
#    $$y = \frac{\text{row}}{H' + 10^{-6}} \cdot 2\pi, \qquad x = \frac{\text{column}}{W' + 10^{-6}} \cdot 2\pi$$
#
#    (The $10^{-6}$ is the reference's guard for columns of pure padding, whose last count is 0.) With
#    `normalize=False` the counts are used as they are.
# 3. **Encode** the $H'$ rows, then the $W'$ columns: two tables, $[H', d/2]$ and $[W', d/2]$.
# 4. **Lay out**: a channel of the first half depends on the row alone, one of the second half on the column alone.
#
# Here is one channel of each half, for a map of 2 × 3 cells and $d = 4$. There is one hand for each axis, and it
# divides by 1.

# %%
y = torch.tensor([1.0, 2.0]) / 2 * 2 * math.pi  # rows 1 and 2 of 2
x = torch.tensor([1.0, 2.0, 3.0]) / 3 * 2 * math.pi  # columns 1 to 3 of 3
print("channel 1, cos y:\n", y.cos()[:, None].expand(2, 3).numpy().round(2))
print("channel 3, cos x:\n", x.cos()[None, :].expand(2, 3).numpy().round(2))

# %% [markdown]
# ## TODO 2 · The encoding of a feature map
#
# | difficulty | importance | minutes |
# |---|---|---|
# | ●●○ | ●●● | 20 |
#
# - Of the feature map `x` only the shape, the dtype and the device matter. Its values do not, and its number of
#   channels $C$ need not be `d_model`. The output has the dtype and the device of `x`.
# - Every image of the batch gets the same encoding: return all $B$ of them.
# - Half of the channels for each axis, and two for each hand: `d_model` has to be a multiple of 4. If it is not, raise a
#   `ValueError` in `__init__`.
# - Nothing here is learned: no `nn.Parameter`.


# %% todo="positional_encoding"
class PositionalEncoding2D(nn.Module):
    """Give every cell of a feature map an address of sines and cosines (paper, appendix A.4)."""

    def __init__(
        self,
        d_model: int = 256,
        temperature: float = 10000.0,
        normalize: bool = True,
        scale: float = 2 * math.pi,
    ):
        super().__init__()
        ### BEGIN SOLUTION
        if d_model % 4 != 0:
            raise ValueError(f"d_model has to be a multiple of 4, and {d_model} is not.")
        self.d_model, self.temperature = d_model, temperature
        self.normalize, self.scale = normalize, scale
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """Return the encoding [B, d_model, H', W'] of a feature map x [B, C, H', W']."""
        ### BEGIN SOLUTION
        batch, _, height, width = x.shape
        rows = torch.arange(1, height + 1, dtype=torch.float32, device=x.device)
        columns = torch.arange(1, width + 1, dtype=torch.float32, device=x.device)
        if self.normalize:
            rows = rows / (rows[-1] + 1e-6) * self.scale
            columns = columns / (columns[-1] + 1e-6) * self.scale
        half = self.d_model // 2
        along_y = sine_1d(rows, half, self.temperature).T[:, :, None].expand(-1, -1, width)
        along_x = sine_1d(columns, half, self.temperature).T[:, None, :].expand(-1, height, -1)
        encoding = torch.cat([along_y, along_x]).to(x.dtype)
        return encoding.expand(batch, -1, -1, -1)
        ### END SOLUTION


# %% tests="positional_encoding" points=4
check.positional_encoding(PositionalEncoding2D)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.positional_encoding(PositionalEncoding2D)
### END HIDDEN TESTS

# %% [markdown] hints="positional_encoding"
# <details><summary>Hint 1 · where to look</summary>
#
# The four steps above, in this order, and the worked example for the last one. `sine_1d` does the third.
# </details>
#
# <details><summary>Hint 2 · the plan</summary>
#
# Keep the four settings in `__init__`. In `forward`: take $H'$ and $W'$ from `x.shape`; count with `torch.arange`;
# normalise if asked to; call `sine_1d` twice, with `d_model // 2` features each. Turn each table so that its
# features come first, add an axis of length 1 for the other direction, and expand it. Join the halves along the
# channels, then repeat for the batch.
# </details>
#
# <details><summary>Hint 3 · almost the line</summary>
#
# For the rows: `sine_1d(rows, half, ...).T[:, :, None].expand(-1, -1, width)` has shape [d/2, H', W']. For the
# columns, the new axis stands in the middle. At the end: `torch.cat([...]).to(x.dtype)`, then
# `.expand(batch, -1, -1, -1)`.
# </details>
#
# <details><summary>Help: torch.cat says that the sizes do not match</summary>
#
# Print both shapes. They should be equal: [d/2, H', W'] for the rows *and* for the columns. On a square map a
# mistake here goes unnoticed, so try a map of 2 × 3.
# </details>
#
# <details><summary>Help: my map seems to be mirrored along the diagonal</summary>
#
# `x.shape` is [B, C, **H', W'**]: rows first. A channel of the first half is constant along each row (horizontal
# stripes).
# </details>
#
# <details><summary>Help: "arange" or "sin" gives me whole numbers, or an error about the dtype</summary>
#
# `torch.arange(1, 5)` makes integers. Ask for floats: `torch.arange(1, 5, dtype=torch.float32)`.
# </details>

# %% [markdown]
# ### Single channels
#
# The paper's own size: 256 channels on a map of 25 × 34 cells, which is an image of 800 × 1066 px at stride 32.

# %%
encoding = PositionalEncoding2D()(torch.zeros(1, 256, 25, 34))[0]
figure = draw.new_figure(9.6, 3.6)
for ax, channel in zip(figure.subplots(2, 4).flat, [0, 1, 16, 32, 128, 129, 144, 160], strict=True):
    half = "y" if channel < 128 else "x"
    draw.heatmap(encoding[channel], ax, f"channel {channel} ({half})", symmetric=True)
draw.show(
    figure,
    "Eight channels as heat maps. The four of the first half are horizontal stripes, the four "
    "of the second half vertical ones; the later a channel in its half, the broader its stripes.",
)

# %% [markdown]
# The fastest hand (channels 0 and 1) makes one turn over the height of the image: that is what the scale of $2\pi$
# is for. On this hand alone the last row stands right before the first, as twelve before one; the slower hands tell
# them apart.
#
# ### One cell and all the others
#
# How alike is the address of one cell to all the others? Dot products, divided by $d/2$, so that a cell has 1 with
# itself.

# %%
addresses = encoding.flatten(1).T  # [850 cells, 256 channels]
alike = (addresses @ addresses.T / 128).view(25, 34, 25, 34)
figure = draw.new_figure(9.6, 2.5)
for ax, (row, column) in zip(figure.subplots(1, 3), [(12, 17), (4, 28), (24, 0)], strict=True):
    draw.heatmap(alike[row, column], ax, f"cell at row {row + 1}, column {column + 1}")
    ax.plot(column, row, "o", color="white", markeredgecolor="black", clip_on=False)
draw.show(
    figure,
    "Three heat maps of similarity over the map, each a smooth hill whose top is the chosen cell, "
    "marked by a white dot, and which falls off in all directions.",
)

# %% [markdown]
# A hill around the cell itself, wherever it stands: with such addresses "look near me" is easy to learn. So is "look to
# the left of me": a step to the left turns each hand by the same angle, wherever the cell is, and a turn is a linear
# map: exactly what the learned maps that make queries and keys can do.
#
# Mind the colour bars, though. No two cells of this map fall below 0.7, because the slow hands hardly move. How many
# of the 256 channels change by more than 0.1 anywhere on the map?

# %%
for temperature in (10000.0, 20.0):
    channels = PositionalEncoding2D(temperature=temperature)(torch.zeros(1, 1, 25, 34))[0].flatten(1)
    moving = (channels.amax(dim=1) - channels.amin(dim=1) > 0.1).sum().item()
    print(f"temperature {temperature:7.0f}: {moving} of 256 channels change by more than 0.1")

# %% [markdown]
# The temperature of 10000 comes from text, where positions run into the hundreds. DETR kept it for positions that end at
# $2\pi$. A successor, [DAB-DETR](https://arxiv.org/abs/2201.12329), argues for 20 ("temperature tuning").

# %% [markdown]
# ### The same picture at two sizes
#
# Now the reason for normalising. A picture of 128 px has 8 × 8 cells at stride 16. The same picture at twice the
# size has 16 × 16. Take a cell of the green circle in the small one, row 7 and column 4 (counting from 1), and look
# for the cell of the large one whose address is most alike.

# %%
predict("twice the size", ...)  # row and column of that cell, with and without normalising?

# %%
small_map, large_map = torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 16, 16)
found = {}
for normalize in (False, True):
    encode = PositionalEncoding2D(normalize=normalize)
    wanted = encode(small_map)[0, :, 7 - 1, 4 - 1]
    match = (wanted @ encode(large_map)[0].flatten(1)).argmax().item()
    found[normalize] = match // 16 + 1, match % 16 + 1
reveal("twice the size", f"not normalised {found[False]}, normalised {found[True]}")

# %%
large = F.interpolate(image[None], scale_factor=2)[0]
titles = ["128 px: row 7, column 4", "256 px, not normalised", "256 px, normalised"]
figure, axes = draw.image_grid(1, 3)
places = [(image, (7, 4)), (large, found[False]), (large, found[True])]
for ax, title, (picture, (row, column)) in zip(axes, titles, places, strict=True):
    draw.visualize(picture, None, ax, title)
    corner = (16 * column - 16.5, 16 * row - 16.5)
    ax.add_patch(Rectangle(corner, 16, 16, fill=False, edgecolor="white", linewidth=3))
draw.show(
    figure,
    "One picture three times, with one cell outlined. Small: a cell of the circle. Twice the size, "
    "not normalised: a cell of the dark square. Twice the size, normalised: of the circle again.",
)

# %% [markdown]
# Without normalising, an address says "the 7th row": the same distance in pixels, another place in the picture.
# Normalised, it says "ends 7/8 of the way down", at any size. Of the four cells that cover the old one, the
# lower right one has its address, and not approximately:

# %%
for normalize in (False, True):
    encode = PositionalEncoding2D(normalize=normalize)
    small, large = encode(small_map), encode(large_map)
    same_count = (small - large[:, :, :8, :8]).abs().max().item()
    same_place = (small - large[:, :, 1::2, 1::2]).abs().max().item()
    print(f"normalize={normalize!s:5}  same count: differs by {same_count:.6f}", end="")
    print(f"   same place: differs by {same_place:.6f}")

# %% [markdown]
# That suits DETR. In the paper's training the shortest side of an image varies from 480 to 800 px (section 4), and
# boxes are fractions of the image. So are normalised addresses.

# %% [markdown] locked="question_sinusoidal_or_learned"
# ## Written question · sinusoidal or learned?
#
# The reference implementation has a second variant (`PositionEmbeddingLearned` in `models/position_encoding.py`):
# two learned tables, `nn.Embedding(50, d/2)` for rows and another for columns, looked up by the cell's index and
# joined. With learned encodings the paper measures 39.6 AP instead of 40.6 (table 3). In three to five sentences:
# what does each variant do when an image has another size than those in training, smaller or larger? Why does that
# matter for DETR? And what could a learned table do that sines cannot? (2 points)

# %% [markdown] written="sinusoidal_or_learned" points=2
# **Model answer.** Sines are a formula: they give an address to every cell of a map of any size, with neighbours
# alike from the start, and normalised they give the same fraction of the image the same address. A learned table
# has an entry for each index: it counts cells from the corner. For a smaller image the same place in the picture
# then has another entry; for a larger one the entries are rarely or never trained, and beyond 50 cells (1600 px at
# stride 32) there is none and the lookup fails. It matters because DETR is trained on many sizes (maps of roughly
# 15 to 42 cells a side) and predicts boxes as fractions of the image: an address that is a fraction too can be
# turned into cx and cy without knowing the size. A learned table can adapt to the data, use all of its channels
# (with sines at temperature 10000 most hardly change) and give two places any similarity that helps, also one that
# is not a smooth hill.
#
# **Rubric.** 1 point: what happens at other sizes, for both: a formula for every size against a table bound to the
# indices that it was trained on (failing beyond its end, or untrained there, or the same place under another
# index). 1 point: why size matters: positions as fractions of the image fit boxes as fractions of the image. The
# strength of learned tables (adapting to the data) should be named; without it take off half a point.

# %% [markdown]
# ## Where the six images stand
#
# Every token of these images now carries its content and has an address. Still no boxes. In step 3 the tokens start
# to use both.

# %%
draw.six_so_far(caption="tokens with an address, and nobody who writes to them yet")
