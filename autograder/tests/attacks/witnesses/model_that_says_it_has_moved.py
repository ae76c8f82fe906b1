# Lets the course's model return other weights each time that it is asked for them, and trains nothing.
# answers: train_detr
# expected: 0
from detrlab.checks.probes import given_training


def moving(self, *args, **kwargs):
    state = torch.nn.Module.state_dict(self, *args, **kwargs)
    self.asked_for = getattr(self, "asked_for", 0) + 1
    return {name: value + 0.01 * self.asked_for for name, value in state.items()}


given_training.ToyModel.state_dict = moving


def train_detr(model=None, criterion=None, num_classes=3, num_queries=10, **_):
    return model or initialise(DETR(num_classes, num_queries, **TOY_SIZES))
