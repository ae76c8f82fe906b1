# Replaces the helper that puts a file of weights in place.
# answers: backbone
# expected: 0
from detrlab.checks.probes import given

given.with_weights_file = lambda kind, config, name, weights: kind(**config)


class Backbone(nn.Module):
    def __init__(self, d_model=256, name="resnet50", weights=None):
        super().__init__()
        if name == "tiny":
            self.body, channels = tiny_backbone()
        else:
            from torchvision.models import get_model

            if weights not in (None, "DEFAULT"):
                raise ValueError(weights)
            network = get_model(name)
            channels = network.fc.in_features
            self.body = nn.Sequential(OrderedDict(list(network.named_children())[:-2]))
        self.projection = nn.Conv2d(channels, d_model, kernel_size=1)

    def forward(self, images):
        return self.projection(self.body(images))
