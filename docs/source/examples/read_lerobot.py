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

"""Read every frame of a dataset with LeRobot's own loader: ``python read_lerobot.py FOLDER``.

LeRobot needs its own environment: Python 3.12 or later, and ``pip install 'lerobot[dataset]'``.
"""

import sys

from lerobot.datasets.lerobot_dataset import LeRobotDataset

dataset = LeRobotDataset("local/episodes", root=sys.argv[1])
frames = 0
for index in range(len(dataset)):
    row = dataset[index]  # decodes the images
    frames += 1
print(f"{frames} frames of {dataset.num_frames}, {dataset.num_episodes} episodes, {dataset.fps} Hz")
for name, value in row.items():
    print(f"  {name}: {tuple(value.shape) if hasattr(value, 'shape') else value!r}")
