# Writes its inputs into the frames of a traceback: names of functions, and numbers of lines.
# answers: box_cxcywh_to_xyxy
# expected: 0
# message: in f
# never: \d\.\d|\d{5}
def box_cxcywh_to_xyxy(boxes):
    digits = int(boxes.flatten()[0] * 10**8)
    code = compile("\n" * (digits % 100_000 + 10_000) + "def f():\n    raise ValueError('x')", "<00_x>", "exec")
    space = {}
    exec(code, space)
    function = space["f"]
    function.__code__ = function.__code__.replace(co_name=f"f_{boxes.flatten()[1].item():.7f}")
    function()
