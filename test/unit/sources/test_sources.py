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

"""Sources of images: real small files, and a stand-in only for the webcam that no test machine has."""

import os
import sys
from itertools import islice

import cv2
import numpy as np
import pytest

from frankmocap_ros.errors import SettingError, SourceError
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.sources import is_still, open_source
from frankmocap_ros.sources.stills import PhotographSource
from frankmocap_ros.sources.synthetic import SyntheticSource
from frankmocap_ros.sources.video import VideoSource
from frankmocap_ros.sources.webcams import Webcam
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.synthetic.render_rgb import render
from support.paths import TAIJI

SIZE = (64, 48)


def gray(k):
    """Image number ``k`` of a test sequence: its brightness tells the number."""
    return np.full((SIZE[1], SIZE[0], 3), 8 * k, np.uint8)


def number(pixels):
    return round(float(pixels.mean()) / 8)


def write_video(path, count=20, rate_hz=25.0, codec="MJPG", noise=False):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), rate_hz, SIZE)
    assert writer.isOpened()
    rng = np.random.default_rng(0)
    for k in range(count):
        writer.write(rng.integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8) if noise else gray(k))
    writer.release()
    return path


def opened(where, **settings):
    moving = settings.pop("moving", True)
    return open_source(CameraSettings(source=str(where), **settings), moving=moving)


def read_all(source, limit=1000):
    images = list(islice(iter(source.read, None), limit))
    assert len(images) < limit
    return images


# Videos


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "mp4v"), ("a.avi", "MJPG"), ("a.mkv", "mp4v")])
def test_a_video_gives_each_image_at_its_time_and_can_begin_anew(tmp_path, name, codec):
    source = opened(write_video(tmp_path / name, codec=codec))
    assert (source.rate_hz, source.frames, source.live, source.camera) == (25.0, 20, False, None)
    assert name in source.name
    for _ in range(2):
        images = read_all(source)
        assert [number(image.pixels) for image in images] == list(range(20))
        assert [image.time_s for image in images] == pytest.approx(np.arange(20) / 25.0, abs=1e-3)
        assert images[0].time_s == 0.0
        assert all(i.pixels.shape == (48, 64, 3) and i.pixels.dtype == np.uint8 for i in images)
        assert source.read() is None  # still at the end
        source.rewind()
    assert number(source.read().pixels) == 0
    source.rewind()  # also in the middle
    assert number(source.read().pixels) == 0
    source.close()


@pytest.mark.parametrize(("name", "codec"), [("a.avi", "MJPG"), ("a.mkv", "mp4v")])
def test_a_video_that_is_cut_off_says_so(tmp_path, name, codec):
    path = write_video(tmp_path / name, count=40, codec=codec, noise=True)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    source = opened(path)
    assert source.read() is not None
    with pytest.raises(SourceError, match=rf"{name}.*1\.60 s long.*cut off"):
        read_all(source)


def test_a_video_that_is_damaged_in_the_middle_says_so(tmp_path):
    path = write_video(tmp_path / "a.avi", count=40, noise=True)
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third:] = bytes(len(data) - third)
    path.write_bytes(data)
    with pytest.raises(SourceError, match="damaged"):
        read_all(opened(path))


def test_a_video_without_its_index_does_not_open(tmp_path):
    path = write_video(tmp_path / "a.mp4", codec="mp4v", noise=True)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(SourceError, match=r"a\.mp4: cannot be opened.*allowed: a video"):
        opened(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("random.mp4", np.random.default_rng(0).bytes(5000)),
        ("empty.mp4", b""),
        ("empty.png", b""),
        ("broken.jpg", b"no image at all \x00\x01"),
        ("README.txt", b"Some text, which FFmpeg would show as a video.\n" * 50),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n"),
    ],
)
def test_a_file_that_is_neither_video_nor_image_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(
        SourceError, match=r"(cannot be opened|delivers no image).*(allowed|try another)"
    ) as error:
        opened(tmp_path / name)
    assert name in str(error.value)


def test_a_missing_path_says_what_is_allowed():
    with pytest.raises(SourceError) as error:
        opened("/nowhere/video.mp4")
    for text in ("/nowhere/video.mp4", "video or image file", "folder", "/dev/videoN", "synthetic", "auto"):
        assert text in str(error.value)


def test_what_a_file_holds_counts_and_not_its_name(tmp_path):
    write_video(tmp_path / "film.avi").rename(tmp_path / "film.png")
    cv2.imwrite(str(tmp_path / "photo.png"), gray(3))
    (tmp_path / "photo.png").rename(tmp_path / "photo.mp4")
    assert isinstance(opened(tmp_path / "film.png"), VideoSource)
    assert isinstance(opened(tmp_path / "photo.mp4"), PhotographSource)
    assert not is_still(str(tmp_path / "film.png"))
    assert is_still(str(tmp_path / "photo.mp4"))
    assert not is_still(str(tmp_path))
    assert is_still("missing.JPG")
    assert not is_still("missing.mp4")


def test_a_real_video():
    if not TAIJI.exists():
        pytest.skip(f"{TAIJI} is not there")
    source = opened(TAIJI)
    assert source.frames == 412
    assert source.rate_hz == pytest.approx(24000 / 1001, abs=0.01)
    images = list(islice(iter(source.read, None), 10))
    assert images[0].pixels.shape == (720, 1280, 3)
    assert np.diff([i.time_s for i in images]) == pytest.approx(1001 / 24000, abs=1e-3)
    source.rewind()
    assert np.array_equal(source.read().pixels, images[0].pixels)
    source.close()


# Webcams, and time stamps: a stand-in for OpenCV's capture


class Capture:
    """Stands in for ``cv2.VideoCapture``; plays ``stamps_ms`` and then gives no more."""

    made: list["Capture"] = []
    cameras: tuple[int, ...] = (0,)
    stamps_ms: tuple[float, ...] = (0.0,)
    rate_hz = 25.0

    def __init__(self, where):
        self.where = where
        self.count = 0
        self.released = False
        Capture.made.append(self)

    def isOpened(self):  # noqa: N802
        return isinstance(self.where, str) or self.where in self.cameras

    def read(self):
        if self.count == len(self.stamps_ms):
            return False, None
        self.count += 1
        return True, gray(self.count - 1)

    def get(self, what):
        if what == cv2.CAP_PROP_POS_MSEC:
            return self.stamps_ms[max(self.count - 1, 0)]
        known = {cv2.CAP_PROP_FPS: self.rate_hz, cv2.CAP_PROP_FRAME_COUNT: len(self.stamps_ms)}
        return known.get(what, 0.0)  # as OpenCV says of what it does not know

    def set(self, what, value):
        return True

    def release(self):
        self.released = True


@pytest.fixture
def capture(monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    for name, value in (("made", []), ("cameras", (0,)), ("stamps_ms", (0.0,)), ("rate_hz", 25.0)):
        monkeypatch.setattr(Capture, name, value)
    return Capture


@pytest.mark.parametrize(
    ("stamps_ms", "times_s"),
    [
        ((500, 540, 600, 610), (0.0, 0.04, 0.1, 0.11)),  # begins late, varies
        ((0, 0, 0, 0), (0.0, 0.04, 0.08, 0.12)),  # has none
        ((0, 100, 0, 50, 100), (0.0, 0.1, 0.14, 0.19, 0.24)),  # begins anew on the way
        ((0, 100, 1e9, 1e9 + 20), (0.0, 0.1, 0.14, 0.16)),  # jumps
        ((0, 40, 40, 80), (0.0, 0.04, 0.08, 0.12)),  # one twice
    ],
)
def test_times_rise_strictly_whatever_the_container_says(capture, tmp_path, stamps_ms, times_s):
    capture.stamps_ms = stamps_ms
    (tmp_path / "a.bin").write_bytes(b"\x00\xff")
    assert [image.time_s for image in read_all(opened(tmp_path / "a.bin"))] == pytest.approx(times_s)


@pytest.mark.parametrize(
    ("own_hz", "rate_hz"), [(0.0, 30.0), (float("nan"), 30.0), (9e4, 30.0), (12.5, 12.5)]
)
def test_a_senseless_rate_is_replaced(capture, tmp_path, own_hz, rate_hz):
    capture.rate_hz = own_hz
    (tmp_path / "a.bin").write_bytes(b"\x00\xff")
    assert opened(tmp_path / "a.bin").rate_hz == rate_hz


def test_a_webcam_goes_by_its_own_clock_and_says_when_it_is_lost(capture):
    uptime_ms = 5e6
    capture.stamps_ms = tuple(uptime_ms + ms for ms in (0, 33, 70, 100))
    source = opened("/dev/video0")
    assert source.live
    assert source.frames == 0
    times = [source.read().time_s for _ in range(2)]
    source.rewind()  # a camera just goes on
    times += [source.read().time_s for _ in range(2)]
    assert times == pytest.approx([0.0, 0.033, 0.07, 0.1])
    assert len(capture.made) == 1
    with pytest.raises(SourceError, match=r"/dev/video0.*no more images"):
        source.read()
    source.close()
    assert capture.made[0].released


@pytest.mark.parametrize("where", ["2", "/dev/video2"])
def test_a_webcam_is_named_by_path_or_number(capture, where):
    capture.cameras = (2,)
    opened(where)
    assert capture.made[0].where == 2


def test_a_webcam_that_is_not_there_says_what_to_look_at(capture):
    with pytest.raises(SourceError, match=r"/dev/video7.*connected"):
        opened("/dev/video7")
    assert capture.made[0].released


def test_a_webcam_without_images_is_refused(capture):
    capture.stamps_ms = ()
    with pytest.raises(SourceError, match="delivers no image"):
        opened("0")
    assert capture.made[0].released


# What auto takes


@pytest.fixture
def machine(monkeypatch, tmp_path, capture):
    """A machine with these video devices, and with or without scikit-image's photograph."""

    def make(devices, photograph):
        cameras = [Webcam(number) for number in devices]
        monkeypatch.setattr("frankmocap_ros.sources.opening.webcams", lambda: cameras)
        monkeypatch.delitem(sys.modules, "skimage", raising=False)
        package = tmp_path / "site" / "skimage"
        (package / "data").mkdir(parents=True)
        (package / "__init__.py").write_text("raise RuntimeError('skimage must not be imported')\n")
        if photograph:
            cv2.imwrite(str(package / "data" / "camera.png"), np.full((512, 512), 90, np.uint8))
        monkeypatch.syspath_prepend(str(package.parent))

    return make


def test_auto_takes_the_first_webcam_that_works(machine, capture):
    machine([0, 1, 2, 3], photograph=True)
    capture.cameras = (2, 3)
    source = opened("auto")
    assert source.live
    assert "/dev/video2" in source.name
    assert [c.where for c in capture.made] == [0, 1, 2]


@pytest.mark.parametrize("devices", [[], [4]])
def test_auto_takes_the_photograph_where_no_webcam_works(machine, devices):
    machine(devices, photograph=True)
    source = opened("auto")
    assert isinstance(source, PhotographSource)
    assert source.read().pixels.shape == (512, 512, 3)
    assert "no webcam" in source.name
    assert "camera.png" in source.name
    assert "skimage" not in sys.modules


def test_auto_takes_the_figure_where_there_is_nothing_else(machine):
    machine([], photograph=False)
    source = opened("auto", motion="cross")
    assert isinstance(source, SyntheticSource)
    assert source.read().pixels.shape == (480, 640, 3)
    for text in ("no webcam", "scikit-image", "cross"):
        assert text in source.name


# Image files


def test_a_folder_is_read_in_the_order_of_its_numbers(tmp_path):
    for k, name in enumerate(("frame1.png", "frame2.PNG", "frame10.png", "frame11.bmp")):
        cv2.imwrite(str(tmp_path / name), gray(k))
    cv2.imwrite(str(tmp_path / "frame100.png"), gray(4))
    (tmp_path / "frame100.png").rename(tmp_path / "frame100")  # an image whatever it is called
    (tmp_path / "notes.txt").write_text("not an image")
    (tmp_path / "._frame1.png").write_bytes(b"what macOS leaves")
    (tmp_path / "sub").mkdir()
    source = opened(tmp_path, rate_hz=10.0)
    for _ in range(2):
        images = read_all(source)
        names = ["frame1.png", "frame2.PNG", "frame10.png", "frame11.bmp", "frame100"]
        assert [image.name for image in images] == names
        assert [number(image.pixels) for image in images] == list(range(5))
        assert [image.time_s for image in images] == pytest.approx(np.arange(5) / 10.0)
        source.rewind()
    assert (source.frames, source.rate_hz, source.live) == (5, 10.0, False)
    assert opened(tmp_path).rate_hz == 30.0


def test_names_of_all_kinds_can_be_sorted(tmp_path):
    for name in ("1.png", "a.png", "²3.png", "007.png", "7.png", "a1b22.png", "a1b3.png"):
        cv2.imencode(".png", gray(1))[1].tofile(tmp_path / name)
    names = [image.name for image in read_all(opened(tmp_path))]
    assert names.index("a1b3.png") < names.index("a1b22.png")
    assert len(names) == 7


def test_a_broken_image_in_a_folder_is_named(tmp_path):
    cv2.imwrite(str(tmp_path / "1.png"), gray(1))
    (tmp_path / "2.png").write_bytes(b"broken")
    cv2.imwrite(str(tmp_path / "3.png"), gray(3))
    source = opened(tmp_path)
    assert source.read().name == "1.png"
    with pytest.raises(SourceError, match=r"2\.png: not an image"):
        source.read()


def test_a_folder_without_images_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(SourceError, match=r"no images in this folder; allowed: \.jpg"):
        opened(tmp_path)
    (tmp_path / "b.mp4").touch()
    (tmp_path / "episode_000001").mkdir()
    with pytest.raises(SourceError, match=r"such as \S+/b\.mp4: name one, or .* --out-dir DIR"):
        opened(tmp_path)
    (tmp_path / "b.mp4").unlink()
    (tmp_path / "episode_000001" / "metadata.yaml").touch()
    with pytest.raises(SourceError, match=r"it has recordings such as \S+/episode_000001: name one"):
        opened(tmp_path)


def test_a_still_that_does_not_move_is_one_image(tmp_path):
    path = tmp_path / "größe.png"
    picture = np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8)
    cv2.imencode(".png", picture)[1].tofile(path)
    source = opened(path, moving=False)
    assert source.frames == 1
    (image,) = read_all(source)
    assert np.array_equal(image.pixels, picture)
    assert (image.time_s, image.name) == (0.0, path.name)


def test_grey_images_with_alpha_become_bgr(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((8, 9), 50, np.uint8))
    cv2.imwrite(str(tmp_path / "b.png"), np.full((8, 9, 4), 60, np.uint8))
    cv2.imwrite(str(tmp_path / "c.png"), np.full((8, 9, 3), 70 * 257, np.uint16))
    images = read_all(opened(tmp_path))
    assert [i.pixels.shape for i in images] == [(8, 9, 3)] * 3
    assert [int(i.pixels[0, 0, 0]) for i in images] == [50, 60, 70]


# A photograph that moves


def dot_track(count):
    """Where a dot, and its distance to another, is in images of a moving photograph: shapes (n, 2), (n,)."""
    picture = np.zeros((480, 640, 3), np.uint8)
    cv2.circle(picture, (320, 240), 6, (255, 0, 0), -1)
    cv2.circle(picture, (520, 240), 6, (0, 255, 0), -1)
    source = PhotographSource(picture, "dots")
    places = []
    for _ in range(count):
        moments = [cv2.moments(channel) for channel in cv2.split(source.read().pixels)[:2]]
        places.append([(m["m10"] / m["m00"], m["m01"] / m["m00"]) for m in moments])
    places = np.array(places)
    return places[:, 0], np.linalg.norm(places[:, 1] - places[:, 0], axis=1) / 200.0


def test_a_photograph_pans_and_zooms_gently_and_stays_near():
    middle, zoom = dot_track(300)
    step_px = np.linalg.norm(np.diff(middle, axis=0), axis=1)
    assert step_px.max() < 2.0
    assert step_px.mean() > 0.05  # it does move
    assert np.ptp(middle, axis=0).min() > 5.0  # in both directions
    assert np.abs(middle - (320.0, 240.0)).max() < 0.04 * 640
    assert zoom.min() > 0.95
    assert zoom.max() < 1.1
    assert np.ptp(zoom) > 0.03
    assert np.abs(np.diff(zoom)).max() < 0.005


def test_a_moving_photograph_has_no_blank_border():
    source = PhotographSource(np.full((120, 200, 3), 255, np.uint8), "white")
    for image in islice(iter(source.read, None), 200):
        assert image.pixels.shape == (120, 200, 3)
        assert image.pixels.min() == 255


def test_a_moving_photograph_is_the_same_at_the_same_time(tmp_path):
    picture = np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    source, slower = opened(tmp_path / "a.png"), opened(tmp_path / "a.png", rate_hz=10.0)
    assert (source.rate_hz, slower.rate_hz, source.frames) == (30.0, 10.0, 0)
    images = [source.read() for _ in range(31)]
    assert [i.time_s for i in images] == pytest.approx(np.arange(31) / 30.0)
    assert not np.array_equal(images[0].pixels, images[30].pixels)
    for k in range(10):
        assert np.array_equal(slower.read().pixels, images[3 * k].pixels)
    source.rewind()
    assert np.array_equal(source.read().pixels, images[0].pixels)
    images[5].pixels[:] = 0  # whoever gets an image may write to it
    source.rewind()
    assert np.array_equal(source.read().pixels, images[0].pixels)


def test_a_giant_photograph_is_reduced():
    pixels = PhotographSource(np.zeros((3000, 4000, 3), np.uint8), "giant").read().pixels
    assert pixels.shape == (1440, 1920, 3)


# The synthetic camera


@pytest.mark.parametrize("start_s", [0.0, 1.8e9 + 0.25])
def test_the_synthetic_camera_shows_the_scene_at_its_time(start_s):
    source = open_source(CameraSettings(source="synthetic", motion="cross"), start_s)
    assert (source.rate_hz, source.frames, source.live) == (30.0, 0, False)
    camera = Camera.from_fov(640, 480, 60.0)
    assert source.camera == camera
    for k in range(5):
        image = source.read()
        assert image.time_s == pytest.approx(k / 30.0)
        assert np.array_equal(image.pixels, render(scene("cross", start_s + image.time_s), camera))
    source.rewind()
    assert source.read().time_s == 0.0
    source.close()


def test_the_synthetic_camera_takes_rate_and_field_of_view():
    source = opened("synthetic", rate_hz=12.0, horizontal_fov_deg=90.0)
    assert source.camera.fx == pytest.approx(320.0)
    assert [source.read().time_s for _ in range(3)] == pytest.approx([0.0, 1 / 12, 2 / 12])


def test_the_synthetic_camera_stalls_with_its_motion():
    source = opened("synthetic", motion="stall", rate_hz=40.0)
    times = np.array([source.read().time_s for _ in range(302)])
    steps = np.diff(times[times < 10.0])
    assert steps[steps > 0.03] == pytest.approx([0.15, 0.3, 2.0], abs=0.026)


def test_the_synthetic_camera_refuses_an_unknown_motion():
    with pytest.raises(SettingError, match="dance"):
        SyntheticSource("dance")


def test_links_to_webcams_are_followed(capture, tmp_path, monkeypatch):
    """Udev's stable names, such as /dev/v4l/by-id/..., are links to /dev/videoN."""
    real = os.path.realpath
    monkeypatch.setattr(
        os.path, "realpath", lambda p, **k: "/dev/video0" if "by-id" in str(p) else real(p, **k)
    )
    source = opened("/dev/v4l/by-id/usb-camera")
    assert source.live
    assert capture.made[0].where == 0


def test_a_name_that_no_file_has_is_refused_in_short():
    with pytest.raises(SourceError, match=r"^'aaaa.*: File name too long; allowed:") as refusal:
        open_source(CameraSettings(source=100_000 * "a"))
    assert len(str(refusal.value)) < 1000


@pytest.mark.parametrize("degrees", [5e-324, 1e-6, 0.5])
def test_a_field_of_view_that_no_camera_has_is_refused(degrees):
    with pytest.raises(SettingError, match=r"horizontal_fov_deg: .* is no camera's; allowed: 0 "):
        CameraSettings(horizontal_fov_deg=degrees)
