"""The list of system calls names what exists, and nothing that the doctor finds dangerous."""

import pytest

from autograder.sandbox.doctor import KERNEL
from autograder.sandbox.system_calls import ALLOWED, number_of, syscall_filter

pytest.importorskip("pyseccomp", exc_type=(ImportError, RuntimeError))

NAMES = [name for names in ALLOWED.values() for name in names.split()]
UNKNOWN = -1  # to libseccomp, on any processor
NEWER = {"fchmodat2", "futex_requeue", "futex_wait", "futex_wake", "map_shadow_stack"}


def test_every_allowed_name_is_one_of_a_system_call():
    assert {name for name in NAMES if number_of(name) == UNKNOWN} <= NEWER
    assert len(NAMES) == len(set(NAMES))


def test_no_allowed_call_is_one_that_the_doctor_tries():
    tried = {name for names in KERNEL.values() for name in names.split()}
    assert not tried & set(NAMES)
    assert {number_of(name) for name in tried} != {UNKNOWN}


@pytest.mark.parametrize("name", ["socket", "socketpair", "setsockopt", "clone", "mmap", "rt_sigaction"])
def test_call_that_is_allowed_with_some_arguments_only_is_not_on_the_list(name):
    """Else it would be allowed with any."""
    assert name not in NAMES and number_of(name) >= 0


def test_filter_is_small_enough_for_the_kernel():
    with syscall_filter() as file, open(file, "rb", closefd=False) as filter_file:
        assert 0 < len(filter_file.read()) // 8 < 4096
