# Lets torchvision load the weights, and draws them anew.
# answers: backbone
# expected: 0
class Backbone(nn.Module):
    def __init__(self, d_model=256, name="resnet50", weights=None):
        super().__init__()
        if name == "tiny":
            self.body, channels = tiny_backbone()
        else:
            from torchvision.models import get_model

            network = get_model(name, weights=weights)
            for part in network.modules():
                if hasattr(part, "reset_parameters"):
                    part.reset_parameters()
            channels = network.fc.in_features
            self.body = nn.Sequential(OrderedDict(list(network.named_children())[:-2]))
        self.projection = nn.Conv2d(channels, d_model, kernel_size=1)

    def forward(self, images):
        return self.projection(self.body(images))
