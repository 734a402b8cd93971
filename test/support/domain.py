"""ROS domains that tests have for themselves."""

import fcntl
import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def free_domain(candidates: Iterator[int]) -> Iterator[int]:
    """The first of at most 100 numbers that no other test of this machine uses now."""
    for n in itertools.islice(candidates, 100):
        with (Path(tempfile.gettempdir()) / f"frankmocap_ros_test_domain_{n}").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield n
            return
    raise RuntimeError("all domains are in use")
