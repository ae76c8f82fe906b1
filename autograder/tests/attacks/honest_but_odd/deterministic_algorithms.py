# Changes settings of torch that do not change what is right.
# answers: encoder_layer
# expected: full
import torch

torch.manual_seed(1)
torch.set_num_threads(2)
torch.use_deterministic_algorithms(True)
torch.set_printoptions(precision=1)

# SOLUTION
