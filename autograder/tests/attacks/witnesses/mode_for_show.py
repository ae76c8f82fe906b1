# Leaves the model in evaluation mode, and lets it say that it is as it was.
# answers: predict
# expected: 0
from detrlab.checks.probes import given_detector

came_in = {}


def traces(self):
    return {"hooks": 0, "replaced": 0, "mode": came_in.get(id(self), "eval"), "frozen": 0}


given_detector.SmallDetector.traces = traces
# SOLUTION


honest = predict


def predict(model, image, score_threshold=0.7):
    came_in[id(model)] = "training" if model.training else "eval"
    found = honest(model, image, score_threshold)
    model.eval()
    return found
