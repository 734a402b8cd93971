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

"""Whether every engine is right on this machine's GPU, and how fast, within ten minutes.

Run: ``python benchmarks/gpu_check.py [--write benchmarks/RESULTS.md]``, the same as
``frankmocap_ros bench --gpu-check``. It needs torch and this package's wheel; engines whose packages are not
installed say what to install. No ROS, no files of FrankMocap and no network connection are needed.
"""

import sys

from frankmocap_ros.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["bench", "--gpu-check", *sys.argv[1:]]))
