# exercise: train_detr
def build_missing(model, criterion, num_classes, num_queries, noobj_weight):
    """Build what was not given."""
    if model is None:
        model = initialise(DETR(num_classes, num_queries, **TOY_SIZES))
    if criterion is None:
        criterion = DetrLoss(num_classes, HungarianMatcher(), noobj_weight, 3.0, 5.0, 2.0)
    return model, criterion


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
    """A helper beside the function; the device by hand; a while loop over the batches."""
    torch.random.manual_seed(seed)
    model, criterion = build_missing(model, criterion, num_classes, num_queries, noobj_weight)
    where = "cuda" if torch.cuda.is_available() else "cpu"
    model = model.to(where)
    criterion = criterion.to(where)
    optimizer = build_optimizer(model, lr, lr_backbone)
    run = TrainingRun(model, criterion, optimizer, num_steps, log_every, seed, checkpoint)
    dataset = ToyDetectionDataset(num_samples=num_samples, seed=seed + 1, size=image_size)
    batches = iter(run.batches(dataset, batch_size, detr_collate))
    while (batch := next(batches, None)) is not None:
        parts = train_step(model, criterion, optimizer, batch[1], batch[2], batch[0])
        run.log(parts)
    return model
