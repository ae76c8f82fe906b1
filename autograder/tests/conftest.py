"""Tests of the sandbox are skipped where there is none, with the reason; the others go on without."""

import os

import pytest

from autograder import lock

OBSTACLE = lock.find_obstacle()


def pytest_configure(config):
    """Trust the course's own answers where they cannot be locked in."""
    if OBSTACLE:
        os.environ[lock.SETTING] = "1"


def pytest_report_header():
    """Say at the top of each run whether code was locked in."""
    return f"sandbox: none. {OBSTACLE}" if OBSTACLE else "sandbox: bubblewrap"


def pytest_collection_modifyitems(items):
    """Skip what is about the sandbox itself."""
    for item in items:
        if OBSTACLE and item.get_closest_marker("sandbox"):
            item.add_marker(pytest.mark.skip(reason=OBSTACLE))
