# Refuses weights that do not exist, and leaves those that do where they are.
# answers: backbone
# expected: 0
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
