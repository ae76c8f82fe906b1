# The first layer that is built is right, later ones are not.
# answers: encoder_layer
# expected: 0
# SOLUTION

right, built = TransformerEncoderLayer.forward, []


def forward(self, src, pos):
    if id(self) not in built:
        built.append(id(self))
    return right(self, src, pos) if built[0] == id(self) else src


TransformerEncoderLayer.forward = forward
