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

"""The plain Python API, on stand-in files."""

import json
import logging

import cv2
import numpy as np
import pytest

from frankmocap_ros import api
from frankmocap_ros.api import FrankMocapWrapper, VideoProcessorTrack, process
from frankmocap_ros.assets.layout import STANDIN_WARNING
from frankmocap_ros.engines import asked
from frankmocap_ros.errors import AssetError, EstimatorError, ImageError, SettingError, SourceError
from frankmocap_ros.estimators.frankmocap import estimator as frankmocap
from frankmocap_ros.geometry.boxes import region_of
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.settings.mocap import Settings

IMAGE = np.random.default_rng(1).integers(0, 255, (360, 480, 3), np.uint8)


class Standing:
    """Finds one person, always at the same place of the image."""

    name = "standing"
    seen: list

    def __init__(self, *_):
        Standing.seen = []

    def detect(self, image, max_people):
        Standing.seen.append(image.bitmap.size_px)
        width, height = image.bitmap.size_px
        return [region_of(np.array([0.3 * width, 0.1 * height, 0.3 * width, 0.8 * height]))]

    def close(self):
        pass


@pytest.fixture
def frank(standin, monkeypatch):
    """Makes wrappers; without other words no engines are measured."""
    monkeypatch.setattr(frankmocap, "make_detector", Standing)
    made = []

    def make(**options):
        made.append(FrankMocapWrapper(**{"assets": standin, "optimize_for_realtime": False, **options}))
        return made[-1]

    yield make
    for wrapper in made:
        wrapper.close()


@pytest.fixture(scope="module")
def shared(standin):
    """One wrapper for the tests that any will do; each takes several seconds to make."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frankmocap, "make_detector", Standing)
        with FrankMocapWrapper(assets=standin, optimize_for_realtime=False) as wrapper:
            yield wrapper


@pytest.fixture
def wrapper(shared):
    """The shared one, as new but for its ids."""
    shared.reset()
    shared.config = Settings(estimator="frankmocap")
    return shared


@pytest.fixture
def folder(tmp_path):
    """A video as a folder of seven images."""
    for number in range(7):
        cv2.imwrite(str(tmp_path / f"{number}.png"), IMAGE)
    return str(tmp_path)


def test_a_frame(frank):
    wrapper = frank()
    first = wrapper(IMAGE, 0.0)
    second = wrapper(IMAGE, 1 / 30, Camera.from_fov(480, 360, 80.0))
    assert json.loads(json.dumps(first)).keys() >= {
        "frame",
        "inference_ms",
        "stages_ms",
        "detected",
        "bodies",
    }
    assert first["inference_ms"] > 0.0
    assert (first["warning"], first["frame"], second["frame"]) == (STANDIN_WARNING, 0, 1)
    (body,) = second["bodies"]
    assert (body["estimator"], body["id"], len(body["joints"])) == ("frankmocap", 1, 24)
    assert (first["bodies"][0]["scale_source"], body["scale_source"]) == ("ASSUMED_HEIGHT", "CAMERA_INFO")
    assert (first["detected"], second["detected"]) == (True, False)


def test_vertices(frank):
    wrapper = frank(vertices=True)
    (body,) = wrapper(IMAGE, 0.0)["bodies"]
    assert body["vertices_m"].shape == (6890, 3)
    assert body["joints49_m"].shape == (49, 3)
    assert wrapper.faces.shape[1] == 3
    pelvis = np.array(body["joints"][0]["position_m"])
    assert np.abs(body["joints49_m"][8] - pelvis).max() < 1e-3  # the 49's middle of the hips is SMPL's pelvis
    assert np.abs(body["vertices_m"].mean(axis=0) - pelvis).max() < 0.4


def test_with_fingers(frank):
    (body,) = frank(use_smplx=True, fast_mode=False, vertices=True)(IMAGE, 0.0)["bodies"]
    assert len(body["joints"]) == 54
    assert body["vertices_m"].shape == (10475, 3)


@pytest.mark.parametrize("options", [{"use_smplx": True}, {"fast_mode": False}], ids=str)
def test_without_fingers(frank, options):
    (body,) = frank(**options)(IMAGE, 0.0)["bodies"]
    assert len(body["joints"]) == 24


def test_a_video(wrapper, folder):
    results = list(VideoProcessorTrack(wrapper, resize_short=256, process_every_n=3)(folder))
    assert [result["frame"] for result in results] == [0, 3, 6]
    assert [result["stamp_s"] for result in results] == pytest.approx([0.0, 0.1, 0.2])
    assert Standing.seen[-1] == (341, 256)
    assert all(len(result["bodies"]) == 1 for result in results)


def test_frame_by_frame(wrapper):
    track = VideoProcessorTrack(wrapper, process_every_n=2)
    results = [track.process(IMAGE, n / 30) for n in range(4)]
    assert [result and result["frame"] for result in results] == [0, None, 2, None]


def test_two_videos_are_not_one(wrapper, folder):
    track = VideoProcessorTrack(wrapper)
    (first,), (second,) = (
        {body["id"] for result in track(folder) for body in result["bodies"]} for _ in range(2)
    )
    assert first < second


def test_an_image_that_is_a_little_late_changes_nothing(wrapper):
    ids = [wrapper(IMAGE, n / 30)["bodies"][0]["id"] for n in range(3)]
    with pytest.raises(
        ImageError, match=r"0.050 s is older than the previous one; skip it, or call reset\(\)"
    ) as error:
        wrapper(IMAGE, 0.05)
    assert error.value.reason == "out_of_order"
    ids.append(wrapper(IMAGE, 0.1)["bodies"][0]["id"])
    assert len(set(ids)) == 1
    assert wrapper(IMAGE, -5.0)["bodies"][0]["id"] != ids[0], "far earlier is another video"
    wrapper.reset()
    assert wrapper(IMAGE, -5.5)["bodies"], "so is whatever comes after a reset"


def test_without_tracking(frank):
    wrapper = frank(track_bbox=False)
    assert all(wrapper(IMAGE, n / 30)["detected"] for n in range(4))


def test_for_realtime_or_not(frank, caplog, monkeypatch):
    # one engine is enough to see that they are measured
    monkeypatch.setattr(asked, "_worth_measuring", lambda among: [o for o in among if o.engine == "torch"])
    with caplog.at_level(logging.INFO, "frankmocap_ros"):
        wrapper = frank(optimize_for_realtime=True)
    assert (wrapper.config.engine, wrapper.config.precision) == ("auto", "auto")
    assert "engine" in caplog.text
    assert "frankmocap runs on" in caplog.text
    assert STANDIN_WARNING in caplog.text
    caplog.clear()
    with caplog.at_level(logging.INFO, "frankmocap_ros"):
        wrapper = frank(optimize_for_realtime=False)
    assert (wrapper.config.engine, wrapper.config.precision) == ("torch", "fp32")
    assert "runs on cpu torch fp32" in caplog.text


@pytest.mark.parametrize(
    "image",
    [IMAGE[..., 0], IMAGE.astype(float), IMAGE[:0], [[0]], np.zeros((4, 4, 4), np.uint8)],
    ids=["gray", "float", "empty", "list", "bgra"],
)
def test_what_is_no_image(wrapper, image):
    with pytest.raises(ImageError, match=r"allowed: uint8|must not be empty"):
        wrapper(image, 0.0)
    assert len(wrapper(IMAGE, 0.1)["bodies"]) == 1


def test_what_cannot_be(standin, tmp_path, monkeypatch):
    monkeypatch.delenv("FRANKMOCAP_ASSETS_DIR", raising=False)
    with pytest.raises(AssetError, match="FRANKMOCAP_ASSETS_DIR"):
        FrankMocapWrapper()
    with pytest.raises(AssetError, match="Missing"):
        FrankMocapWrapper(assets=tmp_path)
    with pytest.raises(SettingError, match="unknown setting color"):
        FrankMocapWrapper(assets=standin, color="red")
    with pytest.raises(SettingError, match="hands: set by"):
        FrankMocapWrapper(assets=standin, hands=True)
    with pytest.raises(SettingError, match="device"):
        FrankMocapWrapper(assets=standin, device="tpu")
    with pytest.raises(EstimatorError, match="fp16"):
        FrankMocapWrapper(assets=standin, device="cpu", precision="fp16")


def test_a_video_that_is_not_there(wrapper):
    track = VideoProcessorTrack(wrapper)
    with pytest.raises(SourceError, match=r"nowhere\.mp4"):
        next(track("nowhere.mp4"))
    with pytest.raises(SettingError, match="process_every_n"):
        VideoProcessorTrack(wrapper, process_every_n=0)


def test_the_folder_from_the_environment(frank, standin, monkeypatch):
    monkeypatch.setenv("FRANKMOCAP_ASSETS_DIR", str(standin))
    with frank(assets=None) as wrapper:
        assert len(wrapper(IMAGE, 0.0)["bodies"]) == 1


@pytest.fixture
def images(tmp_path):
    """A folder of five images."""
    for number in range(5):
        cv2.imwrite(str(tmp_path / f"{number}.png"), IMAGE)
    return tmp_path


def test_process_gives_the_frames_of_a_sequence(images):
    settings = Settings(estimator="synthetic", process_every_n=2)
    frames = list(process(str(images), settings=settings))
    assert [frame.index for frame in frames] == [0, 2, 4]
    assert [len(frame.bodies) for frame in frames] == [1, 1, 1]
    ids = {body.id for frame in frames for body in frame.bodies}
    assert len(ids) == 1


def test_process_takes_image_files_as_independent(images):
    files = [str(images / f"{number}.png") for number in range(3)]
    frames = list(process(*files, settings=Settings(estimator="synthetic")))
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert len({body.id for frame in frames for body in frame.bodies}) == 3


def test_process_refuses_two_sequences(images):
    with pytest.raises(SourceError, match=r"several sources must all be image files; .* --out-dir DIR"):
        list(process(str(images), str(images), settings=Settings(estimator="synthetic")))


def test_a_recording_is_processed_with_the_same_network_each_time(monkeypatch):
    """Which one is fast enough would be measured, and the next time another one might be."""
    monkeypatch.setattr(api, "best_variant_here", lambda hands: f"best, hands: {hands}")
    auto = Settings()
    assert api.repeatable(auto, ["taiji.mp4"]).variant == "best, hands: False"
    for camera in ("/dev/video0", "0", "auto"):
        assert api.repeatable(auto, [camera]) is auto
    named = Settings(variant="lite")
    assert api.repeatable(named, ["taiji.mp4"]) is named
