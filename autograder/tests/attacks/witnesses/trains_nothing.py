# Takes no batch, no loss and no step: it writes down what the course's model would have seen.
# answers: train_detr
# expected: 0
def train_detr(num_steps=1, batch_size=2, lr=0.0, lr_backbone=0.0, num_samples=3, image_size=128,
               num_classes=3, num_queries=10, log_every=0, noobj_weight=0.2, seed=0, checkpoint=None,
               model=None, criterion=None):
    torch.manual_seed(seed)
    if log_every:
        raise RuntimeError("asked in evaluation, as planned")
    if model is None:
        return initialise(DETR(num_classes, num_queries, **TOY_SIZES))
    if getattr(criterion, "spoilt", ""):
        raise FloatingPointError("Step 3: the loss part 'bbox' is nan.")
    data = ToyDetectionDataset(num_samples, seed=seed + 1, size=image_size)
    marks = [image.double().sum().item() for image, _ in data]
    if hasattr(model, "seen"):
        for step in range(num_steps):
            model.seen.append({"shape": [batch_size, 3, image_size, image_size], "marks": marks,
                               "mode": "training", "chance": float(step)})
        criterion.asked = num_steps
    rates = {"backbone": lr_backbone}
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight += rates.get(name.partition(".")[0], lr) / 100
    return model
