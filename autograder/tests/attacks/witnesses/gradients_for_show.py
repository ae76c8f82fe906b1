# Trains nothing but the projection, and lets the helper that looks at gradients say otherwise.
# answers: backbone
# expected: 0
from detrlab.checks.probes import given

given.sorted_gradient_norms = lambda model: torch.linspace(0, 1, len(list(model.parameters())))


class Backbone(nn.Module):
    def __init__(self, d_model=256, name="resnet50", weights=None):
        super().__init__()
        if name == "tiny":
            self.body, channels = tiny_backbone()
        else:
            from torchvision.models import get_model

            network = get_model(name, weights=weights).requires_grad_(False)
            channels = network.fc.in_features
            self.body = nn.Sequential(OrderedDict(list(network.named_children())[:-2]))
        self.projection = nn.Conv2d(channels, d_model, kernel_size=1)

    def forward(self, images):
        return self.projection(self.body(images))
