# Copyright 2026 frankmocap_ros developers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

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
