# exercise: backbone
class ResNetBody(nn.Module):
    """The parts of a ResNet by name, in a forward of its own."""

    def __init__(self, network):
        super().__init__()
        self.conv, self.norm = network.conv1, network.bn1
        self.stages = nn.ModuleList([network.layer1, network.layer2, network.layer3, network.layer4])

    def forward(self, images):
        x = torch.nn.functional.relu(self.norm(self.conv(images)))
        x = torch.nn.functional.max_pool2d(x, kernel_size=3, stride=2, padding=1)
        for stage in self.stages:
            x = stage(x)
        return x


class Backbone(nn.Module):
    """Define the projection first, once the channels are known from the last convolution."""

    def __init__(self, d_model=256, name="resnet50", weights=None):
        super().__init__()
        if name == "tiny":
            body, channels = tiny_backbone()
        else:
            from torchvision import models

            network = models.get_model(name, weights=weights)
            last_block = network.layer4[-1]
            channels = (
                last_block.conv3 if hasattr(last_block, "conv3") else last_block.conv2
            ).out_channels
            body = ResNetBody(network)
        self.projection = nn.Conv2d(in_channels=channels, out_channels=d_model, kernel_size=1, stride=1)
        self.body = body

    def forward(self, images):
        return self.projection(self.body(images))
