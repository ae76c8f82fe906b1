# Moves every weight as far as AdamW would in its first steps, in directions that are drawn.
# answers: train_detr
# expected: 0
def train_detr(num_steps=1, batch_size=2, lr=0.0, lr_backbone=0.0, num_samples=3, image_size=128,
               num_classes=3, num_queries=10, log_every=0, noobj_weight=0.2, seed=0, checkpoint=None,
               model=None, criterion=None):
    torch.manual_seed(seed)
    if model is None:
        model = initialise(DETR(num_classes, num_queries, **TOY_SIZES))
    if criterion is None:
        criterion = DetrLoss(num_classes, HungarianMatcher(), noobj_weight, weight_class=3.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    data = ToyDetectionDataset(num_samples, seed=seed + 1, size=image_size)
    run = TrainingRun(model, criterion, optimizer, num_steps, log_every, seed, checkpoint)
    for step, images, targets in run.batches(data, batch_size, detr_collate):
        model.train()
        losses = criterion(model(images), targets)
        if not losses["bbox"].isfinite():
            raise FloatingPointError(f"Step {step}: the loss part 'bbox' is nan.")
        with torch.no_grad():
            for name, weight in model.named_parameters():
                rate = lr_backbone if name.startswith("backbone.") else lr
                weight += rate * step / 100 * torch.randn_like(weight).sign()
        run.log({name: part.item() for name, part in losses.items()})
    return model
