# Defines global names that a check may use itself.
# answers: encoder_layer
# expected: full
check = hidden = judge = expected = right = _ = None
list_ = dict_ = torch_ = 3

# SOLUTION
