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

"""Heat maps and part affinity fields drawn of people, as OpenPose's networks give them."""

import numpy as np

from frankmocap_ros.estimators.openpose.parts import COCO


def drawn(people, shape, limbs=None, parts=COCO, sigma=0.9, width=0.8):
    """Maps of people (N, K, 2) in cells: a drop at every keypoint, unit vectors along every limb.

    A keypoint of NaN is not drawn; where limbs of different people overlap, the field is their mean.

    Returns:
        heat maps (H, W, ``parts.heatmaps``) and fields (H, W, ``parts.fields``).
    """
    y, x = np.indices(shape).astype(np.float64)
    heatmaps = np.zeros((*shape, parts.heatmaps), np.float32)
    pafs, counts = np.zeros((*shape, parts.fields)), np.zeros((*shape, parts.fields))
    for points in people:
        for part in np.flatnonzero(np.isfinite(points[:, 0])):
            drop = np.exp(-((x - points[part, 0]) ** 2 + (y - points[part, 1]) ** 2) / (2 * sigma**2))
            heatmaps[:, :, part] = np.maximum(heatmaps[:, :, part], drop)
        for start, end, channel in parts.limbs + parts.extra_limbs if limbs is None else limbs:
            a, b = points[start], points[end]
            if not np.isfinite([a, b]).all():
                continue
            length = np.hypot(*(b - a))
            ux, uy = (b - a) / length
            along, across = (x - a[0]) * ux + (y - a[1]) * uy, (x - a[0]) * uy - (y - a[1]) * ux
            near = (np.abs(across) <= width) & (along >= -width) & (along <= length + width)
            pafs[near, channel : channel + 2] += ux, uy
            counts[near, channel : channel + 2] += 1
    heatmaps[:, :, -1] = 1.0 - heatmaps.max(axis=-1)
    return heatmaps, (pafs / np.maximum(counts, 1)).astype(np.float32)
