"""Turn submitted files into notebooks: archives, platform exports, strict JSON, rebuilding."""
