# answers: box_cxcywh_to_xyxy
# expected: full
from concurrent.futures import ThreadPoolExecutor

# SOLUTION

right = box_cxcywh_to_xyxy


def box_cxcywh_to_xyxy(boxes):
    with ThreadPoolExecutor(2) as pool:
        return pool.submit(right, boxes).result()
