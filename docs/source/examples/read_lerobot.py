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
