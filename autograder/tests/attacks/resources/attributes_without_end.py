# An object that has an attribute of every name, each with a hundred more.
# answers: encoder_layer
# expected: 0
class Endless:
    def __init__(self, *_, **__):
        pass

    def __getattr__(self, name):
        return Endless()

    def __call__(self, *_, **__):
        return Endless()

    def __iter__(self):
        while True:
            yield Endless()

    def __len__(self):
        return 10**9


TransformerEncoderLayer = Endless
