# exercise: detr_collate
def detr_collate(batch):
    """A tensor made beforehand and filled, shallow copies of the targets."""
    first = batch[0][0]
    images = first.new_empty((len(batch), *first.shape))
    targets = []
    for index, (image, target) in enumerate(batch):
        images[index] = image
        targets.append(dict(target))
    return images, targets
