# Takes the weights of the first convolution, and of nothing else.
# answers: backbone
# expected: 0
class Backbone(nn.Module):
    def __init__(self, d_model=256, name="resnet50", weights=None):
        super().__init__()
        if name == "tiny":
            self.body, channels = tiny_backbone()
        else:
            from torchvision.models import get_model

            network = get_model(name)
            if weights:
                network.conv1.load_state_dict(get_model(name, weights=weights).conv1.state_dict())
            channels = network.fc.in_features
            self.body = nn.Sequential(OrderedDict(list(network.named_children())[:-2]))
        self.projection = nn.Conv2d(channels, d_model, kernel_size=1)

    def forward(self, images):
        return self.projection(self.body(images))
