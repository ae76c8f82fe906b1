# Makes the kernel display full points, or NaN, for every cell.
# answers: box_cxcywh_to_xyxy
# expected: 0
import sys

# WRONG

sys.displayhook = lambda value: print(2.0)
shell = get_ipython()
shell.run_cell_async = None
shell.showtraceback = lambda *_, **__: print(float("nan"))
shell.events.register("post_run_cell", lambda *_: print("2.0"))
