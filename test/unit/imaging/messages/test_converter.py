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

"""Which library converts, what it gets to see, and what becomes of its failures."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from frankmocap_ros.errors import ImageError
from frankmocap_ros.imaging.messages import converter as module
from frankmocap_ros.imaging.messages.converter import AS_IT_IS, PlainImage, converted, converter
from frankmocap_ros.imaging.messages.encodings import ENCODINGS
from frankmocap_ros.imaging.messages.images import REASONS, decode_image

HEIGHT, WIDTH = 4, 6
U8 = np.dtype(np.uint8)
ONE_CALL = [name for name, layout in ENCODINGS.items() if layout.kind in ("view", "planes")]
BY_A_LIBRARY = [name for name in ENCODINGS if name not in ONE_CALL]
# The names of cv_bridge's getCvType, less those without a channel count.
CV_BRIDGE_KNOWS = {f"{c}{b}" for c in ("mono", "bgr", "rgb", "bgra", "rgba") for b in (8, 16)}
CV_BRIDGE_KNOWS |= {f"bayer_{p}{b}" for p in ("rggb", "bggr", "gbrg", "grbg") for b in (8, 16)}
CV_BRIDGE_KNOWS |= {"yuv422", "yuv422_yuy2"}
DEPTHS = ("8U", "8S", "16U", "16S", "32S", "32F", "64F")
CV_BRIDGE_KNOWS |= {f"{d}{c}" for d in DEPTHS for c in ("", "C1", "C2", "C3", "C4")}


@pytest.fixture(autouse=True)
def looked_for_anew():
    converter.cache_clear()
    yield
    converter.cache_clear()


def message(encoding, *, pad=0, big_endian=False):
    """A well-formed message of zeros."""
    layout = ENCODINGS[encoding]
    step = WIDTH * layout.pixel_bytes + pad
    return SimpleNamespace(
        height=HEIGHT,
        width=WIDTH,
        encoding=encoding,
        is_bigendian=int(big_endian),
        step=step,
        data=bytes(layout.data_bytes(step, HEIGHT)),
    )


def plain(encoding="bayer_rggb8"):
    return PlainImage.of(np.zeros((HEIGHT, WIDTH), np.uint8), WIDTH, encoding)


def install_cv_bridge(monkeypatch, convert, *, c_part=True):
    """A stand-in for the package: it says who converts, not what pixels are."""
    package = ModuleType("cv_bridge")
    package.CvBridge = lambda: SimpleNamespace(imgmsg_to_cv2=convert)
    if c_part:
        package.getCvType = None
    monkeypatch.setitem(sys.modules, "cv_bridge", package)


def use(monkeypatch, convert):
    """Let the converter be this function."""
    monkeypatch.setattr(module, "converter", lambda: convert)


def test_cv_bridge_is_taken_where_it_is(monkeypatch):
    asked = []

    def convert(image, target):
        asked.append((image.encoding, target))
        return np.full((HEIGHT, WIDTH, 3), 7, np.uint8)

    install_cv_bridge(monkeypatch, convert)
    assert np.unique(decode_image(message("bayer_rggb8")).pixels).tolist() == [7]
    assert asked == [("bayer_rggb8", "rgb8")]


@pytest.mark.parametrize("error", [ImportError("numpy.core.multiarray failed"), SystemError("unreported")])
def test_a_cv_bridge_that_does_not_load_is_passed_over(monkeypatch, error):
    def broken():
        raise error

    install_cv_bridge(monkeypatch, None)
    sys.modules["cv_bridge"].CvBridge = broken
    assert decode_image(message("bayer_rggb8")).pixels.shape == (HEIGHT, WIDTH, 3)


def test_a_cv_bridge_without_its_c_part_is_passed_over(monkeypatch):
    install_cv_bridge(monkeypatch, None, c_part=False)
    assert decode_image(message("bayer_rggb8")).pixels.shape == (HEIGHT, WIDTH, 3)


def test_it_is_looked_for_once(monkeypatch):
    looks = []
    monkeypatch.setattr(module, "_cv_bridge", lambda: looks.append(1) or (lambda image, target: None))
    assert converter() is converter()
    assert looks == [1]


def without_libraries(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv_bridge", None)
    monkeypatch.setitem(sys.modules, "rosbags.image", None)


@pytest.mark.parametrize("encoding", BY_A_LIBRARY)
def test_without_a_library_the_next_step_is_said(monkeypatch, encoding):
    without_libraries(monkeypatch)
    with pytest.raises(ImageError) as info:
        decode_image(message(encoding))
    assert info.value.reason == "no_converter"
    assert info.value.reason in REASONS
    for word in ("pip install rosbags-image", "cv-bridge", "bgr8"):
        assert word in str(info.value)
    assert len(str(info.value)) < 500


@pytest.mark.parametrize("encoding", ONE_CALL)
def test_common_encodings_need_no_library(monkeypatch, encoding):
    without_libraries(monkeypatch)
    assert decode_image(message(encoding)).size_px == (WIDTH, HEIGHT)


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("pad", [0, 24, 40])
@pytest.mark.parametrize("encoding", BY_A_LIBRARY)
def test_a_library_sees_the_simplest_form(monkeypatch, encoding, pad, big_endian):
    layout, seen = ENCODINGS[encoding], []
    use(monkeypatch, lambda image, target: seen.append((image, target)))
    with pytest.raises(ImageError):  # it converts to nothing here
        decode_image(message(encoding, pad=pad, big_endian=big_endian))
    ((image, target),) = seen
    assert (image.height, image.width) == (HEIGHT, WIDTH)
    assert image.step == WIDTH * layout.pixel_bytes
    assert image.data.nbytes == HEIGHT * image.step
    assert image.data.flags.c_contiguous
    assert image.is_bigendian == int(sys.byteorder == "big")
    assert image.encoding in CV_BRIDGE_KNOWS
    assert target == ("rgb8" if layout.kind == "8_bits" else AS_IT_IS)
    assert target == AS_IT_IS or layout.dtype.itemsize == 1  # scaling is not the library's


@pytest.mark.parametrize(
    "fields",
    [
        {"width": WIDTH + 1},
        {"height": 2**32 - 1},
        {"step": 3},
        {"data": bytes(5)},
        {"data": "text"},
        {"is_bigendian": None},
        {"height": 2, "data": bytes(2 * WIDTH)},  # too small for a pattern
    ],
)
def test_a_library_never_sees_a_malformed_message(monkeypatch, fields):
    use(monkeypatch, lambda image, target: pytest.fail("it was asked"))
    msg = message("bayer_rggb8")
    vars(msg).update(fields)
    with pytest.raises(ImageError):
        decode_image(msg)


@pytest.mark.parametrize(
    "error", [TypeError("type"), ValueError("x" * 10**6), RuntimeError(), MemoryError(), KeyError("k")]
)
def test_whatever_a_library_raises_is_one_image_error(monkeypatch, error):
    def fail(image, target):
        raise error

    use(monkeypatch, fail)
    with pytest.raises(ImageError) as info:
        converted(plain(), "rgb8", U8)
    assert info.value.reason == "bad_data"
    assert type(error).__name__ in str(info.value)
    assert "bayer_rggb8" in str(info.value)
    assert len(str(info.value)) < 300


@pytest.mark.parametrize(
    "result",
    [
        None,
        [[1, 2], [3, 4]],
        np.zeros((HEIGHT, WIDTH), np.uint16),
        np.zeros((HEIGHT * 2 // 3, WIDTH, 3), np.uint8),
        np.zeros(HEIGHT, np.uint8),
    ],
)
def test_a_result_of_another_size_or_type_goes_no_further(monkeypatch, result):
    use(monkeypatch, lambda image, target: result)
    with pytest.raises(ImageError) as info:
        converted(plain(), "rgb8", U8)
    assert info.value.reason == "bad_data"


@pytest.mark.parametrize(("name", "known_as"), [("uyvy", "yuv422"), ("yuyv", "yuv422_yuy2")])
def test_new_names_of_old_encodings(name, known_as):
    assert plain(name).encoding == known_as
