"""Tests of the sandbox are skipped where there is none; the course's own answers run without it."""

import os

import pytest
import torch

from autograder.sandbox.availability import SETTING, find_obstacle

OBSTACLE = find_obstacle()


def pytest_configure(config):
    """Let the course's own answers run without a sandbox where there is none."""
    torch.set_num_threads(1)  # several processes run tests at a time
    if OBSTACLE:
        os.environ[SETTING] = "1"


def pytest_report_header():
    """Name the sandbox at the top of each run, or the reason why there is none."""
    return f"sandbox: none. {OBSTACLE}" if OBSTACLE else "sandbox: bubblewrap"


def pytest_collection_modifyitems(items):
    """Skip tests marked `sandbox` where there is none."""
    for item in items:
        if OBSTACLE and item.get_closest_marker("sandbox"):
            item.add_marker(pytest.mark.skip(reason=OBSTACLE))
