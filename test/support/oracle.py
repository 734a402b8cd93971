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

"""Asks MediaPipe itself, where ``make test`` has built an environment for it, and keeps some of its answers.

``cd test && ../.venv/bin/python -m support.oracle`` writes the answers that a plain clone is tested with
(``test/data``).
"""

import subprocess
from pathlib import Path

import numpy as np

from support.mediapipe_oracle import ANSWER, HEADER
from support.paths import ROOT

PYTHON = ROOT / ".venv" / "mediapipe" / "bin" / "python"
"""Of the environment with ``mediapipe``."""
GOLDEN = ROOT / "test" / "data" / "mediapipe_0.10.21.npz"


class Oracle:
    """One MediaPipe process."""

    def __init__(self):
        script = Path(__file__).with_name("mediapipe_oracle.py")
        self._process = subprocess.Popen(
            [PYTHON, script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __call__(self, rgb, hands=False, region=None):
        """Its answer on an RGB image (H, W, 3), as ``ANSWER``; it searches where no region is given."""
        where = (0.0,) * 4 if region is None else (*region.center_px, region.side_px, region.rotation_rad)
        self._process.stdin.write(HEADER.pack(*rgb.shape[:2], hands, *where) + rgb.tobytes())
        self._process.stdin.flush()
        data = self._process.stdout.read(ANSWER.itemsize)
        assert len(data) == ANSWER.itemsize, f"MediaPipe's process ended with {self._process.wait()}"
        return np.frombuffer(data, ANSWER)[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(30)


def golden():
    """MediaPipe's answers by name of the image: such as ``photograph mirrored``."""
    with np.load(GOLDEN, allow_pickle=False) as arrays:
        return dict(zip(arrays["names"].tolist(), arrays["answers"], strict=True))


def main():
    """Ask for the images of ``golden_images`` and keep the answers."""
    from support.people import golden_images

    names, answers = [], []
    with Oracle() as oracle:
        for name, rgb in golden_images():
            names.append(name)
            answers.append(oracle(rgb, hands=True))
    GOLDEN.parent.mkdir(exist_ok=True)
    np.savez_compressed(GOLDEN, names=np.array(names), answers=np.array(answers))
    print(f"{GOLDEN}: {len(names)} images, {GOLDEN.stat().st_size} bytes")


if __name__ == "__main__":
    main()
