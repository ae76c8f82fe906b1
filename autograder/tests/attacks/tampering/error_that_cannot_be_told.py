# Raises an error that raises another one when its name or text is read.
# answers: box_cxcywh_to_xyxy
# expected: 0
class Shy(Exception):  # noqa: N818
    @property
    def names(self):
        raise Shy

    def __str__(self):
        raise Shy


def box_cxcywh_to_xyxy(boxes):
    raise Shy
