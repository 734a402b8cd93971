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

"""A film as a camera would send it."""

import cv2
import numpy as np
import pytest

from frankmocap_ros.bench.camera_video import prepared_video
from frankmocap_ros.errors import SourceError


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25.0, (1280, 720))
    for n in range(12):
        writer.write(np.full((720, 1280, 3), 20 * n, np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize(("width", "size"), [(640, (640, 360)), (0, (1280, 720)), (4000, (1280, 720))])
def test_same_images_smaller(film, tmp_path, width, size):
    (tmp_path / "out").mkdir()
    video = cv2.VideoCapture(prepared_video(str(film), width, tmp_path / "out"))
    assert video.get(cv2.CAP_PROP_FPS) == 25.0
    levels = []
    while (read := video.read())[0]:
        assert read[1].shape[1::-1] == size
        levels.append(read[1].mean())
    np.testing.assert_allclose(levels, 20.0 * np.arange(12), atol=3.0)


@pytest.mark.parametrize("source", ["auto", "synthetic", "/dev/video7"])
def test_what_is_no_film_stays(source, tmp_path):
    assert prepared_video(source, 640, tmp_path) == source
    assert list(tmp_path.iterdir()) == []


def test_a_photograph_stays(tmp_path):
    path = tmp_path / "photograph.png"
    cv2.imwrite(str(path), np.zeros((48, 64, 3), np.uint8))
    assert prepared_video(str(path), 640, tmp_path) == str(path)


def test_a_film_that_cannot_be_read(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"no film")
    with pytest.raises(SourceError):
        prepared_video(str(path), 640, tmp_path)
