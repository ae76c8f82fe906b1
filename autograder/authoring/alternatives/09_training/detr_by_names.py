# exercise: train_detr
def train_detr(
    num_steps: int = 2500,
    batch_size: int = 16,
    lr: float = 5e-4,
    lr_backbone: float = 5e-4,
    num_samples: int = 20_000,
    image_size: int = 128,
    num_classes: int = 3,
    num_queries: int = 10,
    log_every: int = 50,
    noobj_weight: float = 0.2,
    seed: int = 0,
    checkpoint: str | None = None,
    model: nn.Module | None = None,
    criterion: nn.Module | None = None,
) -> nn.Module:
    """By names throughout; the criterion before the model."""
    torch.manual_seed(seed)
    device = choose_device()
    if criterion is None:
        criterion = DetrLoss(
            num_classes=num_classes,
            matcher=HungarianMatcher(),
            weight_class=3.0,
            noobj_weight=noobj_weight,
        )
    if model is None:
        model = DETR(num_queries=num_queries, num_classes=num_classes, **TOY_SIZES)
        model = initialise(model)
    model.to(device)
    criterion.to(device)
    run = TrainingRun(
        model=model,
        criterion=criterion,
        optimizer=build_optimizer(model, lr=lr, lr_backbone=lr_backbone),
        num_steps=num_steps,
        log_every=log_every,
        seed=seed,
        checkpoint=checkpoint,
    )
    data = ToyDetectionDataset(num_samples, seed=1 + seed, size=image_size)
    for step, images, targets in run.batches(data, batch_size=batch_size, collate=detr_collate):
        run.log(train_step(model, criterion, run.optimizer, images, targets, step=step))
    return run.model
