# exercise: backbone
class Backbone(nn.Module):
    """Cut the network by a traced graph."""

    def __init__(self, d_model=256, name="resnet50", weights=None):
        super().__init__()
        self.name = name
        if name == "tiny":
            self.body, channels = tiny_backbone()
        else:
            from torchvision.models import get_model
            from torchvision.models.feature_extraction import create_feature_extractor

            network = get_model(name, weights=weights)
            channels = network.fc.in_features
            self.body = create_feature_extractor(network, return_nodes={"layer4": "c5"})
        self.projection = nn.Conv2d(channels, d_model, (1, 1))

    def forward(self, images):
        features = self.body(images)
        if isinstance(features, dict):
            features = features["c5"]
        return self.projection(features)
