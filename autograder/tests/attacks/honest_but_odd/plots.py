# Draws a figure beside the answer.
# answers: box_cxcywh_to_xyxy
# expected: full
import matplotlib.pyplot as plt

figure, axes = plt.subplots()
axes.plot([0, 1])
plt.show()

# SOLUTION
