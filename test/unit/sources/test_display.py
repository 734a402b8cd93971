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

"""Pictures as they are meant to be seen: upright, with square pixels, all of them, neither dark nor cut."""

import os
import struct
import subprocess
import sys
from itertools import islice

import cv2
import numpy as np
import pytest

from frankmocap_ros.errors import SourceError
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.sources import animation, is_still, open_source
from frankmocap_ros.sources.animation import AnimationSource, is_animation
from frankmocap_ros.sources.orientation import Display
from frankmocap_ros.sources.stills import read_image
from support.paths import SHARED

CASES = SHARED / "cases"
# Red above left, green above right, blue below left, white below right, each a quarter: BGR
CORNERS = [(0, 0, 255), (0, 255, 0), (255, 0, 0), (255, 255, 255)]


def quarters(width=64, height=48):
    picture = np.empty((height, width, 3), np.uint8)
    for k, color in enumerate(CORNERS):
        y, x = divmod(k, 2)
        picture[y * height // 2 : (y + 1) * height // 2, x * width // 2 : (x + 1) * width // 2] = color
    return picture


def corners(pixels):
    """Which of the four colors is where: above left, above right, below left, below right."""
    height, width = pixels.shape[:2]
    found = [pixels[y, x] for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return [int(np.argmin([np.abs(c.astype(int) - known).sum() for known in CORNERS])) for c in found]


UPRIGHT = [0, 1, 2, 3]


def opened(path, **settings):
    return open_source(CameraSettings(source=str(path), **settings), moving=False)


def read_all(source):
    return list(islice(iter(source.read, None), 200))


def case(name):
    path = CASES / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path


# ---------------------------------------------------------------- videos


def turned_video(path, turn_deg):
    """A video whose track header (ISO 14496-12) asks for a turn."""
    stored = np.rot90(quarters(), turn_deg // 90)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 25.0, stored.shape[1::-1])
    for _ in range(5):
        writer.write(np.ascontiguousarray(stored))
    writer.release()
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    cos, sin = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[turn_deg]
    data[at : at + 36] = struct.pack(">9i", cos << 16, sin << 16, 0, -sin << 16, cos << 16, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("turn_deg", [0, 90, 180, 270])
def test_a_video_that_is_to_be_turned_is_upright(tmp_path, turn_deg):
    source = opened(turned_video(tmp_path / "a.mp4", turn_deg))
    for _ in range(2):
        images = read_all(source)
        assert len(images) == 5
        assert {image.pixels.shape for image in images} == {(48, 64, 3)}
        assert corners(images[-1].pixels) == UPRIGHT
        source.rewind()
    assert ("turned" in source.name) == (turn_deg != 0)


def test_a_phone_held_upright():
    source = opened(case("phone_portrait_rotate270.mp4"))
    images = read_all(source)
    assert len(images) == 24
    assert images[0].pixels.shape == (1280, 720, 3)
    assert "turned by 90 degrees" in source.name


def test_anamorphic_pixels_are_made_square():
    source = opened(case("anamorphic_sar2.mp4"))
    images = read_all(source)
    assert len(images) == 36
    assert {image.pixels.shape for image in images} == {(720, 1280, 3)}  # stored as 640 x 720
    assert "2:1" in source.name


@pytest.mark.parametrize(
    ("sar", "turn_deg", "shape"),
    [
        ((0.0, 1.0), 0.0, (48, 64, 3)),  # not known
        ((2.0, 1.0), 0.0, (48, 128, 3)),
        ((1.0, 2.0), 0.0, (96, 64, 3)),  # enlarged, never reduced
        ((2.0, 1.0), 90.0, (128, 48, 3)),  # along the stored width, before the turn
        ((405.0, 404.0), 0.0, (48, 64, 3)),  # the rounding of an encoder
        ((1.0, 1.0), -90.0, (64, 48, 3)),
    ],
)
def test_display(sar, turn_deg, shape):
    display = Display.of(sar, turn_deg)
    assert display.shown(quarters()).shape == shape
    assert display.ignored == ""


@pytest.mark.parametrize(
    ("sar", "turn_deg", "words"), [((1.0, 1.0), 45.0, "turn of 45"), ((500.0, 1.0), 0.0, "aspect of 500")]
)
def test_what_cannot_be_honored_is_told(sar, turn_deg, words):
    display = Display.of(sar, turn_deg)
    assert display.shown(quarters()).shape == (48, 64, 3)
    assert words in display.text
    assert "is ignored; convert the file" in display.text


# ---------------------------------------------------------------- stills


def exif(orientation, order="<"):
    """EXIF data (TIFF 6.0) with one entry: tag 274."""
    start = b"II*\0" if order == "<" else b"MM\0*"
    return start + struct.pack(f"{order}IHHHIHHI", 8, 1, 274, 3, 1, orientation, 0, 0)


def webp_with(path, pixels, data):
    """A lossless WebP file with an EXIF chunk, in its extended form."""
    plain = cv2.imencode(".webp", pixels, (cv2.IMWRITE_WEBP_QUALITY, 101))[1].tobytes()
    height, width = pixels.shape[:2]
    head = struct.pack("<B3x", 8) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunks = b"VP8X" + struct.pack("<I", len(head)) + head + plain[12:]
    chunks += b"EXIF" + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks)


def jpeg_with(path, pixels, data):
    plain = cv2.imencode(".jpg", pixels)[1].tobytes()
    body = b"Exif\0\0" + data
    path.write_bytes(plain[:2] + b"\xff\xe1" + struct.pack(">H", 2 + len(body)) + body + plain[2:])


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("suffix", "write"), [("webp", webp_with), ("jpg", jpeg_with)])
def test_exif_orientation_of_stills(tmp_path, suffix, write, orientation, order):
    upright = quarters()
    # the inverse of what the tag asks for (EXIF 2.3): row 0 and column 0 of the file are at ...
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    path = tmp_path / f"a.{suffix}"
    write(path, np.ascontiguousarray(stored), exif(orientation, order))
    pixels = read_image(path)
    assert pixels.shape == (48, 64, 3)
    assert corners(pixels) == UPRIGHT


@pytest.mark.parametrize(
    "data", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", exif(6)[:12], exif(99), b"rubbish"]
)
def test_damaged_exif_data_do_not_matter(tmp_path, data):
    webp_with(tmp_path / "a.webp", quarters(), data)
    assert corners(read_image(tmp_path / "a.webp")) == UPRIGHT


def test_12_bits_in_16_are_seen():
    pixels = read_image(case("gray12in16.png"))
    assert pixels.shape == (360, 640, 3)
    assert pixels.max() > 200  # by the high byte it is 15


def test_a_sequence_of_16_bits_does_not_flicker(tmp_path):
    for k in range(4):
        values = np.linspace(100, 3900, 48 * 64).reshape(48, 64).astype(np.uint16)
        values[:4] = 4000 if k % 2 else 100
        cv2.imwrite(str(tmp_path / f"{k}.png"), values)
    shown = [image.pixels[24, 32].tolist() for image in read_all(opened(tmp_path))]
    assert all(value == shown[0] for value in shown)


# ---------------------------------------------------------------- animations


def animated(path, durations, size=(64, 48)):
    made = cv2.Animation()
    made.frames = [
        np.full((size[1], size[0], 4), (20 * k, 255 - 20 * k, 0, 255), np.uint8)
        for k in range(len(durations))
    ]
    made.durations = np.array(durations, np.int32)
    assert cv2.imwriteanimation(str(path), made, [cv2.IMWRITE_WEBP_QUALITY, 100])
    return path


@pytest.mark.parametrize("name", ["a.webp", "a.png"])
def test_every_image_of_an_animation_at_its_time(tmp_path, name, monkeypatch):
    monkeypatch.setattr(animation, "_HELD_BYTES", 3 * 64 * 48 * 4)  # three images at a time
    path = animated(tmp_path / name, [50, 100, 50, 0, 50, 200, 40])
    assert is_animation(path)
    assert not is_still(str(path))
    source = opened(path)
    assert isinstance(source, AnimationSource)
    assert (source.frames, source.live, source.rate_hz) == (7, False, pytest.approx(20.0))
    for _ in range(2):
        images = read_all(source)
        assert [image.time_s for image in images] == pytest.approx([0, 0.05, 0.15, 0.2, 0.3, 0.35, 0.55])
        assert [round(image.pixels[0, 0, 0] / 20) for image in images] == list(range(7))
        assert {image.pixels.shape for image in images} == {(48, 64, 3)}
        source.rewind()
    source.read()
    source.rewind()
    assert source.read().time_s == 0.0
    source.close()


def test_the_animation_of_the_field():
    images = read_all(opened(case("anim.webp")))
    assert len(images) == 15
    assert [image.time_s for image in images] == pytest.approx(0.1 * np.arange(15))
    assert images[0].pixels.shape == (180, 320, 3)


def test_an_animation_plays_where_a_photograph_would_be_moved(tmp_path):
    path = animated(tmp_path / "a.webp", [40] * 5)
    assert len(read_all(open_source(CameraSettings(source=str(path))))) == 5


def test_an_old_opencv_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(animation, "_READS_ANIMATIONS", False)
    with pytest.raises(SourceError, match=r"a\.webp: an animation.*only the first image; pip install"):
        opened(animated(tmp_path / "a.webp", [40] * 5))


def test_a_damaged_animation_says_so(tmp_path):
    path = animated(tmp_path / "a.png", [40] * 8)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 4])
    with pytest.raises(SourceError, match=r"a\.png.*(cannot be decoded|not an image)"):
        read_all(opened(path))


@pytest.mark.parametrize(
    ("suffix", "flags"), [("webp", [cv2.IMWRITE_WEBP_QUALITY, 90]), ("png", []), ("jpg", [])]
)
def test_a_still_is_no_animation(tmp_path, suffix, flags):
    cv2.imwrite(str(tmp_path / f"a.{suffix}"), quarters(), flags)
    assert not is_animation(tmp_path / f"a.{suffix}")
    assert is_still(str(tmp_path / f"a.{suffix}"))
    assert not is_animation(tmp_path / "nowhere")
    (tmp_path / "short").write_bytes(b"RIFF\0\0\0\0WEBPVP8X")
    assert not is_animation(tmp_path / "short")


# ---------------------------------------------------------------- names


ODD_NAMES = [b"a\xff\xfe.%s", "größe.%s".encode("latin-1"), b"12:30 a.%s", "影片.%s".encode()]


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("suffix", ["avi", "png", "webp"])
def test_files_of_any_name(tmp_path, name, suffix):
    """In a process of its own: OpenCV ends it on a name that is not UTF-8."""

    plain = tmp_path / f"plain.{suffix}"
    if suffix == "avi":
        writer = cv2.VideoWriter(str(plain), cv2.VideoWriter_fourcc(*"MJPG"), 25.0, (64, 48))
        for _ in range(3):
            writer.write(quarters())
        writer.release()
    elif suffix == "webp":
        animated(plain, [40] * 3)
    else:
        cv2.imwrite(str(plain), quarters())
    odd = os.path.join(os.fsencode(tmp_path), name % suffix.encode())
    os.rename(plain, odd)
    program = """
import sys
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.sources import is_still, open_source
where = sys.argv[1]
source = open_source(CameraSettings(source=where), moving=False)
source.name.encode()  # can be written anywhere
images = list(iter(source.read, None))
source.rewind()
assert source.read() is not None
images[0].name.encode()
print(len(images), is_still(where))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, os.path.basename(odd)], capture_output=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, (done.returncode, done.stderr)
    assert done.stdout.decode().split() == ["1" if suffix == "png" else "3", str(suffix == "png")]
    assert done.stderr == b""


def test_a_missing_file_of_an_odd_name_is_told():
    with pytest.raises(SourceError, match="there is no such file") as error:
        opened("/nowhere/a\udcff.mp4")
    assert str(error.value).encode()
    assert r"a\xff.mp4" in str(error.value)
