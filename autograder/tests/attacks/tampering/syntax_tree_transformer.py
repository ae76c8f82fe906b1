# Rewrites every later cell in the kernel to one that does nothing.
# answers: box_cxcywh_to_xyxy
# expected: 0
import ast


class Nothing(ast.NodeTransformer):
    def visit_Module(self, node):
        return ast.Module([], [])


# WRONG

get_ipython().ast_transformers.append(Nothing())
