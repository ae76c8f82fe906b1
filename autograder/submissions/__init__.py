"""What people submit becomes notebooks: archives, exports of platforms, strict JSON, rebuilding."""
