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
    """Short forms: a conditional expression, `or`, an iterator that is unpacked later."""
    _ = torch.manual_seed(seed)
    net = (initialise(DETR(num_classes, num_queries, **TOY_SIZES)) if model is None else model).to(
        choose_device()
    )
    loss = (criterion or DetrLoss(num_classes, HungarianMatcher(), noobj_weight, 3.0)).to(choose_device())
    run = TrainingRun(
        net, loss, build_optimizer(net, lr, lr_backbone), num_steps, log_every, seed, checkpoint
    )
    for batch in run.batches(
        ToyDetectionDataset(num_samples, seed + 1, image_size), batch_size, detr_collate
    ):
        step, *images_and_targets = batch
        run.log(train_step(run.model, run.criterion, run.optimizer, *images_and_targets, step))
    return net
