# Keeps weights of its own and pretends to have loaded others.
# answers: encoder_layer
# expected: 0
# WRONG


TransformerEncoderLayer.load_state_dict = lambda *_, **__: None
