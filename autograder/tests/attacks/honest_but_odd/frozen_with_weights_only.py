# Freezes norms and early layers where weights are loaded, as DETR does, and nothing where none are.
# answers: backbone
# expected: full
class Backbone(nn.Module):
    def __init__(self, d_model=256, name="resnet50", weights=None):
        super().__init__()
        if name == "tiny":
            self.body, channels = tiny_backbone()
        else:
            from torchvision.models import get_model
            from torchvision.ops import FrozenBatchNorm2d

            norm = FrozenBatchNorm2d if weights else nn.BatchNorm2d
            network = get_model(name, weights=weights, norm_layer=norm)
            channels = network.fc.in_features
            self.body = nn.Sequential(OrderedDict(list(network.named_children())[:-2]))
            for part in ("conv1", "layer1"):
                getattr(self.body, part).requires_grad_(not weights)
        self.projection = nn.Conv2d(channels, d_model, kernel_size=1)

    def forward(self, images):
        return self.projection(self.body(images))
