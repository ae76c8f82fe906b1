# exercise: backbone
class Backbone(nn.Module):
    """As the reference implementation does it: run a ResNet up to layer4 by torchvision's own helper."""

    def __init__(self, d_model=256, name="resnet50", weights=None):
        super().__init__()
        if name == "tiny":
            body, channels = tiny_backbone()
            self.body = nn.ModuleDict({"net": body})
            self.run = lambda images: self.body["net"](images)
        else:
            import torchvision
            from torchvision.models._utils import IntermediateLayerGetter

            resnet = getattr(torchvision.models, name)(weights=weights)
            channels = 512 if name in ("resnet18", "resnet34") else 2048
            self.body = IntermediateLayerGetter(resnet, return_layers={"layer4": "0"})
            self.run = lambda images: self.body(images)["0"]
        self.projection = nn.Conv2d(channels, d_model, 1)

    def forward(self, images):
        return self.projection(self.run(images))
