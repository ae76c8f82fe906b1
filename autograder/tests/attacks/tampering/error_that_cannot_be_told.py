# Raises an error that raises again when it is asked what it is.
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
