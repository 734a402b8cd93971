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

"""``frankmocap_ros convert --int8``: what it quantizes by, what it says, its exit code."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from frankmocap_ros.assets.layout import ASSETS
from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.cli import convert
from frankmocap_ros.cli.main import main as command_line
from frankmocap_ros.errors import AssetError, EstimatorError, MissingDependencyError
from frankmocap_ros.estimators.frankmocap.int8_calibration import Outcome
from frankmocap_ros.estimators.frankmocap.int8_notes import NETWORKS


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """The command on a folder with all files, whose networks are not really quantized."""
    folder = tmp_path / "extra_data"
    for key in {file for files in NETWORKS.values() for file in files}:
        path = folder / ASSETS[key].path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    monkeypatch.setenv("FRANKMOCAP_CACHE_DIR", str(tmp_path / "cache"))
    damaged = set()

    def load(store, key, again=False):
        if key in damaged:
            raise AssetError(f"{key} is damaged")
        return {}

    monkeypatch.setattr(AssetStore, "load", load)
    world = SimpleNamespace(asked=[], state="kept", damaged=damaged, folder=folder, error=None)

    def quantize(store, pictures, tell, keys, options):
        world.asked.append((pictures, keys, options))
        world.pictures = [picture.pixels for picture in iter(pictures.read, None)]
        if world.error is not None:
            raise world.error
        tell("ok: as told")
        return [Outcome(key, world.state, "text") for key in keys]

    monkeypatch.setattr(convert, "quantize_networks", quantize)

    def call(*arguments):
        code = command_line(["convert", "--assets", str(folder), *arguments])
        return code, capsys.readouterr()

    world.call = call
    return world


@pytest.fixture
def pictures(tmp_path):
    """A folder of three images."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((20, 30, 3), number, np.uint8))
    return folder


def test_only_where_it_is_asked_for(run):
    code, _ = run.call()
    assert (code, run.asked) == (0, [])


def test_by_a_folder_of_images(run, pictures):
    code, said = run.call("--int8", "--calibration", str(pictures))
    assert code == 0
    assert "ok: as told" in said.out
    ((source, keys, options),) = run.asked
    assert keys == ["body_smpl", "body_smplx", "hand"]
    assert (source.frames, len(run.pictures)) == (3, 3)
    assert (options.limit_mm, options.any_error, options.again) == (5.0, False, False)


def test_flags(run, pictures):
    by = ("--int8", "--calibration", str(pictures))
    assert run.call(*by, "--limit-mm", "2.5", "--force")[0] == 0
    assert run.call(*by, "--any-error")[0] == 0
    found = [(o.limit_mm, o.any_error, o.again) for *_, o in run.asked]
    assert found == [(2.5, False, True), (5.0, True, False)]


@pytest.mark.parametrize("flags", [["--calibration", "x.mp4"], ["--any-error"], ["--limit-mm", "3"]])
def test_flags_that_belong_to_quantization(run, flags):
    code, said = run.call(*flags)
    assert code == 2
    assert f"{flags[0]} needs --int8; add --int8" in said.err
    assert run.asked == []


def test_a_limit_and_no_limit(run):
    code, said = run.call("--int8", "--any-error", "--limit-mm", "3")
    assert code == 2
    assert "exclude each other" in said.err


@pytest.mark.parametrize("limit", ["0", "-1", "nan", "inf", "much"])
def test_limits_that_are_none(run, capsys, limit):
    with pytest.raises(SystemExit):
        run.call("--int8", f"--limit-mm={limit}")
    assert "is not a number above 0" in capsys.readouterr().err


def test_by_one_photograph_where_nothing_is_named(run, monkeypatch, tmp_path):
    """And says that a video is better; a webcam is not switched on for it."""
    photograph = tmp_path / "photograph.png"
    cv2.imwrite(str(photograph), np.full((20, 30, 3), 7, np.uint8))
    monkeypatch.setattr(convert, "photograph_path", lambda: photograph)
    code, said = run.call("--int8")
    assert code == 0
    assert f"with one photograph, {photograph}" in said.out
    assert "--calibration VIDEO" in said.out
    assert len(run.pictures) == 1
    assert (run.pictures[0] == 7).all()
    monkeypatch.setattr(convert, "photograph_path", lambda: None)
    code, said = run.call("--int8")
    assert code == 2
    assert "pass a video of people, or a folder of images, as --calibration" in said.err


@pytest.mark.parametrize(("state", "code"), [("kept", 0), ("already", 0), ("refused", 1)])
def test_exit_code(run, pictures, state, code):
    run.state = state
    assert run.call("--int8", "--calibration", str(pictures))[0] == code


@pytest.mark.parametrize(
    "error",
    [EstimatorError("0 crops of people in x"), MissingDependencyError("pip install 'frankmocap_ros[int8]'")],
)
def test_what_cannot_be_quantized(run, pictures, error):
    run.error = error
    code, said = run.call("--int8", "--calibration", str(pictures))
    assert code == 2
    assert str(error) in said.err


def test_networks_whose_files_are_refused_are_left_out(run, pictures):
    run.damaged.add("hand")
    code, said = run.call("--int8", "--calibration", str(pictures))
    assert code == 1
    assert "REFUSED: hand is damaged" in said.out
    assert [keys for _, keys, _ in run.asked] == [["body_smpl", "body_smplx"]]
    run.damaged.add("mean_params")
    code, said = run.call("--int8", "--calibration", str(pictures))
    assert code == 1
    assert "no network has all of its files" in said.out
    assert len(run.asked) == 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "there is no such file"),
        (lambda path: path.mkdir(), "no images in this folder"),
        (lambda path: path.write_bytes(bytes(99)), "not a video or image that OpenCV reads"),
    ],
)
def test_sources_that_cannot_be_read(run, tmp_path, make, words):
    make(tmp_path / "source")
    code, said = run.call("--int8", "--calibration", str(tmp_path / "source"))
    assert code == 2
    assert words in said.err
    assert run.asked == []
