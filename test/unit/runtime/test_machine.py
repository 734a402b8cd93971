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

"""Cores of the machine, and a share of them."""

import subprocess
import sys

from frankmocap_ros.runtime.machine import cores


def test_a_process_may_take_fewer_cores():
    code = (
        "from frankmocap_ros.runtime.machine import cores, take_cores\n"
        "all = cores(); take_cores(1); one = cores(); take_cores(10**6); print(all, one, cores())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = [int(word) for word in done.stdout.split()]
    assert found == [cores(), 1, cores()]
