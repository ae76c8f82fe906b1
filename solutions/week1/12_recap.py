# %% [markdown]
# # Step 12 · Recap
#
# **Day 7 · about 45 minutes · 0 points for code, 10 for writing**
#
# *What you will have at the end:* the week in your own words, short enough to be read by somebody who has
# never heard of it; the five goals of day 1, each tried out once; your predictions beside what happened;
# and the next paper to open.
#
# *Read first:* nothing. *Not covered:* anything new, except a table of what came after DETR.

# %% [markdown]
# ## Ten questions, all other notebooks closed
#
# They ask for reasons, not for numbers. Answer aloud or on paper, then unfold. Where you are unsure, the
# number of the step says where to look once more.
#
# <details><summary>1 · Step 0: somebody puts NMS behind a trained DETR, "to be safe". On which images can it do harm? Why will it seldom do good?</summary>
#
# Where two objects of one class overlap by more than its threshold: it takes one of them for a duplicate.
# Elsewhere there is little to gain. In every step of the training a second box on an object was an error,
# so few are left; and of two boxes on one object the filter keeps the surer one, which need not be the
# better one. You measured it in step 10.
# </details>
#
# <details><summary>2 · Step 1: an image with twice the height and twice the width, the same model. What grows, and how much: tokens, parameters, pairs in the encoder's attention, predictions?</summary>
#
# Four times as many tokens, 16 times as many pairs. Parameters and predictions stay: parameters depend on
# the number of channels, predictions on the number of queries.
# </details>
#
# <details><summary>3 · Step 2: behind the backbone, two tokens of the list change places; once alone, once together with their rows of pos. What does the model make of it?</summary>
#
# Together: nothing changes. The list has no order, and each token still carries its place. Alone: the
# model sees another image, in which the contents of two cells have changed places.
# </details>
#
# <details><summary>4 · Step 3: take the encoder out and give the backbone's tokens to the decoder as its memory. Does it run? What is lost?</summary>
#
# It runs, the shapes are the same. But no cell has heard of the others, beyond what its receptive field
# has brought in: which cells belong to one object has to be found out by the queries alone. On COCO it
# costs 3.9 AP, and 6.0 on large objects (paper, section 4.2, table 2).
# </details>
#
# <details><summary>5 · Steps 4 and 6: all N object queries begin as the same vector. Do the N predictions differ? Do they after one step of training?</summary>
#
# At first they do not: equal questions, equal answers. But the matcher gives an object to one of the
# equal queries and not to the others, so their losses differ, and with them their gradients. From the
# first step on the queries part, slowly. (DETR starts them at random: why begin with a tie?)
# </details>
#
# <details><summary>6 · Step 5: all boxes lie in the middle and are half as wide and half as high as the image. When is that no reason to worry, and when is it?</summary>
#
# Before training it is to be expected: the raw outputs are near 0, and the sigmoid of 0 is 0.5. After a
# few hundred steps it is an alarm: no gradient reaches the box head. (Boxes that are all alike but have the
# objects' usual size are something else: then the head learns, and the queries are not told apart.)
# </details>
#
# <details><summary>7 · Step 6: the matcher does not run when the model is used. Who decides then which query reports an object?</summary>
#
# The queries do. Each has learned what it is there for, on the toy set mostly a district of the image
# (step 11), and through self-attention each can hear of what the others have found. The matching has shaped both during training.
# </details>
#
# <details><summary>8 · Step 7: twelve objects, ten queries. What does the loss do with the two objects that are left over, and what can the model show at best?</summary>
#
# Ten pairs are formed, the cheapest. The other two objects pull at nothing; they only count where the box
# parts are divided by the number of objects. Ten predictions are all there can ever be, however long you
# train.
# </details>
#
# <details><summary>9 · Step 9: the loss falls, and yet no prediction reaches a score of 0.5. Two very different things can be wrong. Which, and what tells them apart?</summary>
#
# Either all queries say "no object", the matched ones too: then its weight does not fit the number of
# queries. Or the matched queries know that there is something, and not what it is: then the class part is
# too weak beside the boxes, or the training too short. Look at the matched queries' probability of "no
# object", and at the largest probability of a real class.
# </details>
#
# <details><summary>10 · Step 10: the heat map of a query is bright on the left edge of a square. What does that show, and what does it not prove?</summary>
#
# From these cells this layer took most. It does not prove that the box was made from them: the encoder
# has mixed the cells before, and other layers and other queries took part. To know, change something.
# Cover the edge, and see whether the box moves.
# </details>

# %% locked="setup"
import torch
from torch import Tensor, nn
from torchvision.ops import box_convert

from detrlab import draw, predict, progress, reveal
from detrlab.ap import detections, evaluate
from detrlab.checkpoint import load_toy_detr
from detrlab.display import present
from detrlab.steps import load
from detrlab.study import count_words, replay, written_answer
from detrlab.toy import CLASSES, six_images, validation_set
from detrlab.training import TOY_SIZES

DETR = load("08_detr").DETR
DetrLoss = load("07_loss").DetrLoss
HungarianMatcher = load("06_matcher").HungarianMatcher
cross_attention_maps = load("10_attention").cross_attention_maps

_ = torch.manual_seed(0)

# %% [markdown]
# ## The five goals
#
# Day 1 promised five things. Three of them you say and then run, one you only
# run, and one you run and then say. To *say* it means aloud, in
# full sentences, to somebody in your mind who can program and has never trained a network. The list under
# a goal is for afterwards: did you say that?
#
# First the model: yours from step 9, if its file lies beside this notebook, and else the one that ships.

# %%
try:
    model = load_toy_detr(DETR)
except ValueError as misfit:
    print(misfit, "Until then, what you see below comes from a model that is not trained.")
    model = DETR(num_queries=10, **TOY_SIZES).eval()

# %% [markdown]
# ### Goal 1 · Why DETR needs neither anchors nor NMS
#
# **Say it** in a minute, without the words *anchor*, *NMS*, *query* and *matching*.
#
# <details><summary>Did you say ...</summary>
#
# - why the old detectors find one object many times?
# - that something has to clean up after them, and that this something does not learn?
# - what makes a repeat a mistake in DETR's training?
# - who decides, in DETR, where to look?
# </details>
#
# **Run it.** In step 10 you put NMS behind your model, in step 11 you counted how often the model repeats
# itself. Here is what keeps it from doing so. The six images, your model's predictions, your matcher,
# your loss: in each image we take a prediction that is matched and copy it, class and box, over one that
# is not. Both are good answers now, and they name the same object. What happens to the class part of the
# loss?

# %%
predict("a second good box", ...)  # the class loss "rises", "falls" or "stays"?

# %%
images, targets = torch.stack([image for image, _ in six_images()]), [truth for _, truth in six_images()]
matcher = HungarianMatcher()
criterion = DetrLoss(3, matcher, noobj_weight=0.2, weight_class=3.0)  # as in step 9
outputs = model(images)

# %%
last = {name: outputs[name].detach() for name in ("pred_logits", "pred_boxes")}  # the last layer alone
twins = {name: values.clone() for name, values in last.items()}
for image, (queries, _) in enumerate(matcher(last, targets)):
    spare = next(query for query in range(len(last["pred_boxes"][image])) if query not in queries)
    for values in twins.values():
        values[image, spare] = values[image, queries[0]]

before, after = criterion(last, targets), criterion(twins, targets)
for part in ("class", "bbox", "giou"):
    print(f"{part:5}  {before[part].item():.4f}   with a second good box {after[part].item():.4f}")
verdict = "rises" if after["class"] > before["class"] else "does not rise"
numbers = f"from {before['class'].item():.3f} to {after['class'].item():.3f}"
reveal("a second good box", f"it {verdict}, {numbers}")

# %% [markdown]
# The box parts stay, because only one of the twins is matched, and either will do. The other one should
# have said "no object", and did not. So a repeat is a mistake *inside* the loss, in every step of the
# training, and not something that a filter mends later. And nobody has said in advance where to look:
# where the old recipe had a thousand anchors, there is a small table of learned vectors.
#
# ### Goal 2 · What an object query is, and how N queries give N predictions
#
# **Say it**, with the words *learned*, *vector* and *slot*, and without *anchor*.
#
# <details><summary>Did you say ...</summary>
#
# - that a query is the same for every image, and that training made it what it is?
# - what a slot starts with, and where it gets its content from?
# - that every slot passes through the same layers and the same heads, so that N in means N out?
# - what a query answers that has nothing to report?
# </details>
#
# **Run it.** Two interventions in the trained table of queries. First its ten rows are put into the
# reverse order. Then all ten are replaced by the first one: how many *different* predictions will an
# image get?

# %%
predict("ten times the same query", ...)  # a number from 0 to 10


# %%
@torch.no_grad()
def with_queries(rows: Tensor) -> dict[str, Tensor]:
    """Return what the model predicts for the six images if these are its object queries."""
    table = model.query_embed.weight
    learned = table.clone()
    table.copy_(rows)
    outputs = model(torch.stack([image for image, _ in six_images()]))
    table.copy_(learned)
    return outputs


# %%
learned = model.query_embed.weight.detach().clone()
normal, reverse = with_queries(learned), with_queries(learned.flip(0))
gap = (normal["pred_boxes"].flip(1) - reverse["pred_boxes"]).abs().max()
print(f"rows reversed: the same predictions, reversed (largest difference {gap:.0e})")

equal = with_queries(learned[:1].expand_as(learned))
spread = (equal["pred_boxes"] - equal["pred_boxes"][:, :1]).abs().max()
different = max(len(boxes.round(decimals=4).unique(dim=0)) for boxes in equal["pred_boxes"])
reveal("ten times the same query", f"{different} (the ten boxes differ by at most {spread:.0e})")

# %%
small, large = DETR(num_queries=3, **TOY_SIZES).eval(), DETR(num_queries=50, **TOY_SIZES).eval()
for one in (small, large):
    with torch.no_grad():
        boxes = one(torch.rand(1, 3, 128, 128))["pred_boxes"]
    rows, numbers = len(one.query_embed.weight), sum(p.numel() for p in one.parameters())
    print(f"{rows:2} queries: pred_boxes {list(boxes.shape)}, {numbers:,} parameters")
print(f"the difference: {47 * TOY_SIZES['d_model']:,} = 47 rows of {TOY_SIZES['d_model']}")

# %% [markdown]
# Row *i* of the table gives prediction *i*, wherever it stands, and equal rows give equal predictions.
# Nothing else that is learned depends on N.
#
# ### Goal 3 · Bipartite matching, and why training then goes end to end
#
# **Say it** with two columns on paper, predictions on the left and objects on the right. Draw lines.
#
# <details><summary>Did you say ...</summary>
#
# - what a line costs, and that the *sum* of all lines is made as small as possible?
# - that every object gets exactly one line, and a prediction at most one?
# - what a prediction without a line is taught?
# - why no gradient has to flow through the choice of the lines, and through what it flows instead?
# </details>
#
# **Run it.** First, who answers for what in the six images. Then the same loss with the objects of each
# image listed backwards *and* the predictions shuffled: is it the same, larger or smaller?

# %%
predict("everything shuffled", ...)  # "the same", "larger" or "smaller"?

# %%
for number, (queries, things) in enumerate(matcher(outputs, targets), start=1):
    kinds = [CLASSES[label] for label in targets[number - 1]["labels"][things]]
    pairs = [f"query {query}: {kind}" for query, kind in zip(queries.tolist(), kinds, strict=True)]
    print(f"image {number}: {', '.join(pairs)}")

order = torch.randperm(last["pred_boxes"].shape[1])
shuffled = {name: values[:, order] for name, values in last.items()}
backwards = [{name: values.flip(0) for name, values in target.items()} for target in targets]
gap = (criterion(shuffled, backwards)["total"] - criterion(last, targets)["total"]).abs().item()
verdict = "the same" if gap < 1e-4 else "another one"
reveal("everything shuffled", f"{verdict}: the difference is {gap:.0e}")

# %% [markdown]
# Neither list has an order, because the matching does not look at any. And the gradient? It should reach
# every part that you wrote, from the heads down to the first filter of the backbone:

# %%
model.zero_grad()
criterion(model(images), targets)["total"].backward()
for name, part in model.named_children():
    gradients = [p.grad.flatten() for p in part.parameters() if p.grad is not None]
    if gradients:
        print(f"{name:12} gradient of length {torch.cat(gradients).norm():.4f}")
first = next(p.grad for p in model.backbone.parameters() if p.grad is not None)
print(f"{'first filter':12} gradient of length {first[0].norm():.4f}")
model.zero_grad()

# %% [markdown]
# That is what *end to end* means: between the pixels and the judgement on the whole set there is no step
# that has to be set by hand, or that would stop the gradient. The one choice in between, the pairs, is
# made anew each time and then taken as given.
#
# ### Goal 4 · A small DETR, built and trained on a CPU
#
# **Run it.** AP on the validation images, about two seconds, and what your notebooks say about the parts.

# %%
scores = evaluate(model, validation_set())
print(", ".join(f"{name} {score:.3f}" for name, score in scores.items()))
print(f"{sum(p.numel() for p in model.parameters()):,} parameters\n")
progress()

# %% [markdown]
# <details><summary>Help: something that I have written is marked ✗ or ○</summary>
#
# The marks are read from the notebooks as they were saved. Run the check there once more, save, and come
# back.
# </details>
#
# ### Goal 5 · What each query attends to
#
# **Run it.** One image, the three queries that are surest, and for each the cross-attention of the last
# decoder layer.


# %%
def share_inside(heat: Tensor, box: Tensor) -> float:
    """Return which share of a map [H', W'] lies inside a box (cx, cy, w, h)."""
    pixels = nn.functional.interpolate(heat[None, None], (128, 128))[0, 0]
    x0, y0, x1, y1 = (128 * box_convert(box, "cxcywh", "xyxy")).round().int().clamp(0, 128).tolist()
    return (pixels[y0:y1, x0:x1].sum() / pixels.sum()).item()


# %%
image = six_images()[2][0]
with torch.no_grad():
    found = detections(model(image[None]))[0]
surest = found["scores"].topk(3).indices
maps = cross_attention_maps(model, image)[-1, surest]  # [3, H', W']
boxes = {"boxes": found["boxes"][surest], "labels": torch.arange(3)}  # a colour for each query
kinds = [CLASSES[label] for label in found["classes"][surest]]
names = [f"query {query}: {kind}" for query, kind in zip(surest.tolist(), kinds, strict=True)]

# %%
figure, axes = draw.image_grid(1, 4)
draw.visualize(image, boxes, axes[0], "the three surest queries", names)
for number, (ax, heat) in enumerate(zip(axes[1:], maps, strict=True)):
    own = {key: values[number : number + 1] for key, values in boxes.items()}
    draw.visualize(image, own, ax, names[number], names=())
    ax.imshow(heat.numpy(), cmap="magma", alpha=0.6, extent=(-0.5, 127.5, 127.5, -0.5))
alt = f"An image with the boxes of three queries ({'; '.join(names)}), and for each of them "
draw.show(figure, alt + "the image once more, dark where the query does not look, bright where it does.")

# %%
for name, heat, box in zip(names, maps, boxes["boxes"], strict=True):
    inside, area = share_inside(heat, box), share_inside(torch.ones(8, 8), box)
    print(f"{name}: {inside:.0%} of its attention is in its own box, {area:.0%} of the image")

# %% [markdown]
# **Say it**, for one of the maps: what is bright, and what does it tell about this box? What does it
# *not* prove (question 10)?

# %% [markdown]
# ## Your predictions
#
# All week you have committed yourself before running a cell. Here are your guesses beside what happened,
# as far as the cell that tells has run. Nobody grades them. Go through the list and mark two: the one
# that surprised you most, and one that you would still get wrong.

# %%
replay()

# %% [markdown]
# And what you wrote on day 1, before you had read the paper: what would be hard, and where it might fail.

# %%
words = written_answer("00_set_prediction", "expectations") or "You have not written this one (step 0)."
present(words, markdown=words)

# %% [markdown]
# Where were you right? What did you fear that turned out harmless, and what did you not think of?

# %% [markdown] locked="question_recap"
# ## Written question · the week in 200 words
#
# Write to a colleague who programs and has not read the paper. **At most 200 words**, five things:
#
# 1. the pivot: what the old detectors do, what DETR does instead, and why it needs neither anchors nor
#    NMS;
# 2. what an object query is;
# 3. why there is a matching;
# 4. DETR's biggest weakness;
# 5. what to read or try next.
#
# No jargon: a technical term may appear if the same sentence says what it is. (8 points)

# %% [markdown] written="recap" points=8
# **Model answer.** Older object detectors lay thousands of ready-made boxes over an image and score each
# one. Neighbouring boxes see the same object, so it is reported many times, and a hand-tuned filter
# deletes the repeats. DETR answers with a set: a fixed number of answers, say 100, each a class and a
# box, or "nothing here".
#
# Each answer grows from an object query, a learned list of numbers that works like a question to the
# image. Queries replace the ready-made boxes. They read the whole image and listen to each other.
#
# In training, each real object is assigned to exactly one answer, so that all pairs together fit best.
# Only that answer is rewarded for it; a repeat is an error, however good its box. So the network learns
# not to repeat, nothing has to be filtered, and everything from pixels to answers is trained together.
#
# The price is time. Few answers per image learn where a box belongs, and at first the pairing keeps
# changing: the authors went through 118,000 photographs up to 500 times. Small objects suffer, too.
#
# Read Deformable DETR next: its queries look at a few places only, and it needs a tenth of the training.
#
# **Rubric.** *Pivot, 2 points:* 1 for many overlapping candidates and a filter that removes repeats; 1
# for a fixed number of answers with "nothing" among them, and why nothing has to be filtered. *Object
# query, 1 point:* learned, and one query gives one answer; half for "100 predictions" alone. *Matching, 2
# points:* 1 for one object, exactly one answer, best in total; 1 for what follows from it (a repeat is an
# error, or: the set has no order and the loss must know what to compare). *Weakness, 1 point:* slow
# training, with a reason; half without one. *What next, 1 point:* something concrete, with the problem
# that it addresses. *Form, 1 point:* half for at most 200 words (the cell below counts), half for no term
# left unexplained. Correct and dull gets full points; elegant and wrong does not.

# %% [markdown]
# Save the notebook, then count. `terms` are words that your colleague may not know. If one of them turns
# up in your answer, is it explained there?

# %%
terms = ("anchor", "NMS", "IoU", "bipartite", "Hungarian", "embedding", "logit", "softmax", "token")
terms += ("attention", "encoder", "decoder", "backbone", "epoch", "convergence", "end-to-end")
count_words("12_recap", "recap", limit=200, explain=terms)

# %% [markdown]
# <details><summary>Help: it counts an older version, or says that the answer is empty</summary>
#
# The cell reads the file on the disk, and what you typed is on the screen. Leave the answer cell with
# Shift+Enter, save with Ctrl+S (Cmd+S on a Mac), and run the cell again.
# </details>

# %% [markdown]
# ## Next week
#
# Five models that began where you are now. Each keeps the idea (a set of queries, one-to-one matching in
# training, no NMS) and mends something:
#
# | model | what was wrong | what it does about it |
# |---|---|---|
# | [Deformable DETR](https://arxiv.org/abs/2010.04159), 2020 | slow training; small objects, because attention over all cells allows only a coarse map | a query reads a few sampled places around a reference point instead of all cells. That is cheap enough for several finer maps. Better than DETR with a tenth of the epochs |
# | [DN-DETR](https://arxiv.org/abs/2203.01305), 2022 | the matching that changes from step to step early in training | denoising queries (step 6): true boxes with noise, whose object is known without any matching. Comparable with its baseline after half the epochs |
# | [DINO](https://arxiv.org/abs/2203.03605), 2022 | denoising taught queries what to accept, and not what to refuse; and a query began without having seen the image | denoising with near misses among the boxes, to be answered by "no object"; queries that begin at places which the encoder proposes. 49.4 AP after 12 epochs with a ResNet-50, where DETR has 42.0 after 500 |
# | [LW-DETR](https://arxiv.org/abs/2406.03459), 2024 | too slow for live video, the field of YOLO | a plain vision transformer as encoder, with part of its attention kept inside windows, and a shallow decoder |
# | [RF-DETR](https://arxiv.org/abs/2511.09554), 2025 | models made for COCO, and for one speed | builds on LW-DETR, with a backbone that was trained on a large collection of images without labels (DINOv2). From one training on your data it picks, among thousands of variants, those that fit your time budget |
#
# (Sources: the five papers; the results table in the README of fundamentalvision/Deformable-DETR; "How
# RF-DETR works" in the documentation of roboflow/rf-detr. LW-DETR and RF-DETR train several groups of queries
# at once, each matched one to one on its own. DINO the detector is no relative of DINOv2 the backbone.)
#
# If you are undecided, begin with the first: DINO, LW-DETR and RF-DETR all use its attention. While you
# read, ask which of *your* classes it would replace, and which it would leave as they are.

# %% [markdown] locked="question_next_step"
# ## Written question · your next paper
#
# Which of the five would you read first, for which problem of **yours** (your images, your hardware, your
# patience), and why this one? Two to four sentences. (2 points)

# %% [markdown] written="next_step" points=2
# **Model answer.** Deformable DETR. I want to count seedlings on drone photographs; each is perhaps 15 px
# wide in an image of 4,000. In my DETR such an object is smaller than one cell, and I cannot afford a
# finer map, because attention costs the square of the number of cells; the paper's DETR is weak on small
# objects too (20.5 AP, Faster R-CNN 26.6). Reading a few sampled places instead of all is exactly what
# makes finer maps affordable, and it shortens a training that I could not pay for otherwise.
#
# **Rubric.** 1 point: a problem of one's own, concrete enough to check (kind of images or objects, amount
# of data, hardware, time). 1 point: the chosen model fixes what stands in the way of *that* problem, with
# the reason. Half a point for a choice by reputation or by the highest AP alone. Any of the five can be
# right, and so can a sixth.

# %% [markdown]
# ## Where the six images stand
#
# The six images that closed every notebook, drawn for the last time, with every box whose score reaches
# 0.5.


# %%
@torch.no_grad()
def detect(images: Tensor) -> list[dict[str, Tensor]]:
    """Return what the trained model finds in each image, with a score of at least 0.5."""
    found = detections(model(images))
    return [{name: value[one["scores"] >= 0.5] for name, value in one.items()} for one in found]


draw.six_so_far(detect, "classes, boxes and scores, from pixels, by the parts that you wrote")

# %% [markdown]
# On day 1 this page was empty. Look for what is still wrong in it: a missed object, a repeat, a loose
# box, a low score. You know now in which step to begin looking, and that is what the week was for.
