"""How an answer is run and compared: probes, observing, comparing, isolation, weights, the wire."""
