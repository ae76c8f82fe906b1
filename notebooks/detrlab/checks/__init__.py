"""How an answer is tried out and compared: probes, observing, comparing, isolation, weights, the wire."""
