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

"""The store: converts once, notices what changed, says what is wrong; ``convert`` on the command line."""

import io
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import frankmocap_ros
from frankmocap_ros.assets.conversion import ConversionLimits
from frankmocap_ros.assets.layout import ASSETS, STANDIN_MARKER
from frankmocap_ros.assets.store import AssetStore, assets_folder
from frankmocap_ros.cli.main import main as command_line
from frankmocap_ros.errors import AssetError, MissingDependencyError
from frankmocap_ros.runtime.file_cache import Cache, Entry, Stamp, cache_folder

KEY = "mean_mano"


def mano(first=0.5):
    return {"mean_pose": np.full(48, first), "mean_shape": np.zeros(10)}


class World:
    """A folder of assets, a cache, and what progress said."""

    def __init__(self, folder):
        self.folder, self.cache, self.said = folder / "extra_data", folder / "cache", []
        self.put(KEY, pickle.dumps(mano(), 2))

    def put(self, key, data):
        path = self.folder / ASSETS[key].path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def store(self, **options):
        return AssetStore(self.folder, self.cache, self.said.append, **options)

    def converted(self, suffix="npz"):
        return sorted(self.cache.glob(f"*.{suffix}"))

    def manifest(self):
        (path,) = self.cache.glob("*.json")
        return path


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_the_folder_is_that_of_the_setting_else_of_the_environment(monkeypatch):
    monkeypatch.setenv("FRANKMOCAP_ASSETS_DIR", "/from/environment")
    assert assets_folder("") == Path("/from/environment")
    assert assets_folder("~/mine") == Path.home() / "mine"
    monkeypatch.setenv("FRANKMOCAP_ASSETS_DIR", "")
    assert assets_folder("") is None


def test_the_cache_is_where_the_environment_says(monkeypatch):
    monkeypatch.setenv("FRANKMOCAP_CACHE_DIR", "/own")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_folder() == Path("/own")
    monkeypatch.delenv("FRANKMOCAP_CACHE_DIR")
    assert cache_folder() == Path("/xdg/frankmocap_ros")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "frankmocap_ros"


def test_a_file_is_converted_once_and_says_so(world):
    first = world.store().load(KEY)
    assert world.said == ["converting mean_mano_params.pkl (1 kB), once; this takes some seconds"]
    second = world.store().load(KEY)
    assert len(world.said) == 1
    for found in (first, second):
        assert sorted(found) == ["mean_pose", "mean_shape"]
        np.testing.assert_array_equal(found["mean_pose"], np.full(48, 0.5, np.float32), strict=True)
        found["mean_pose"][0] = 9.0  # the caller's own
    assert world.store().load(KEY)["mean_pose"][0] == 0.5
    assert not list(world.cache.glob("converting-*"))


def test_the_manifest_holds_both_sums(world):
    import hashlib

    world.store().load(KEY)
    manifest = json.loads(world.manifest().read_text())
    source = world.folder / ASSETS[KEY].path
    (converted,) = world.converted()
    assert manifest["source_sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
    assert manifest["sha256"] == hashlib.sha256(converted.read_bytes()).hexdigest()
    assert manifest["file"] == converted.name == f"{manifest['source_sha256']}.npz"
    assert manifest["source"]["path"] == str(source)
    assert oct(world.cache.stat().st_mode & 0o777) == "0o700"


@pytest.mark.parametrize("converted", [False, True])
def test_some_arrays_of_a_file(world, converted):
    if converted:
        world.store().load(KEY)
    assert list(world.store().load(KEY, names=("mean_shape", "of another file"))) == ["mean_shape"]
    assert len(world.said) == 1
    assert sorted(world.store().load(KEY)) == ["mean_pose", "mean_shape"]


def test_the_digest_is_of_what_is_read(world):
    assert world.store().digest(KEY) is None
    world.store().load(KEY)
    digest = world.store().digest(KEY)
    assert digest == json.loads(world.manifest().read_text())["sha256"]
    path = world.folder / ASSETS[KEY].path
    os.utime(path, ns=(1, 1))
    assert world.store().digest(KEY) is None  # it may have changed: whoever reads it will know
    world.store().load(KEY)
    assert world.store().digest(KEY) == digest
    world.put(KEY, pickle.dumps(mano(0.25), 2))
    os.utime(path, ns=(2, 2))
    world.store().load(KEY)
    assert world.store().digest(KEY) not in (None, digest)
    path.unlink()
    assert world.store().digest(KEY) is None


def test_a_changed_source_is_converted_again(world):
    world.store().load(KEY)
    world.put(KEY, pickle.dumps(mano(0.25), 2))
    os.utime(world.folder / ASSETS[KEY].path, ns=(1, 1))
    assert world.store().load(KEY)["mean_pose"][0] == 0.25
    assert len(world.said) == 2


def test_a_source_that_was_only_touched_is_not(world):
    world.store().load(KEY)
    source = world.folder / ASSETS[KEY].path
    os.utime(source, ns=(5, 5))
    world.store().load(KEY)
    assert len(world.said) == 1
    assert json.loads(world.manifest().read_text())["source"]["mtime_ns"] == 5


@pytest.mark.parametrize("damage", ["changed", "cut off", "gone", "other numbers"])
def test_a_damaged_converted_file_is_written_again(damage, world):
    world.store().load(KEY)
    (converted,) = world.converted()
    data = bytearray(converted.read_bytes())
    if damage == "gone":
        converted.unlink()
    elif damage == "cut off":
        converted.write_bytes(data[:-10])
    elif damage == "changed":
        data[200] ^= 1
        converted.write_bytes(data)
    else:  # whole, but not what was written
        np.savez(converted, mean_pose=np.full(48, 7.0, np.float32), mean_shape=np.zeros(10, np.float32))
    assert world.store().state(KEY).status == "needs conversion"
    assert world.store().load(KEY)["mean_pose"][0] == 0.5
    assert len(world.said) == 2
    assert world.store().state(KEY).status == "converted"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"source": 3}', '{"source": {"path": "x", "size": 1, "mtime_ns": 1}}', "\xff"],
)
def test_a_damaged_manifest_is_written_again(text, world):
    world.store().load(KEY)
    world.manifest().write_text(text, encoding="latin1")
    assert world.store().load(KEY)["mean_pose"][0] == 0.5
    assert len(world.said) == 2
    assert json.loads(world.manifest().read_text())["file"]


def test_a_manifest_does_not_lead_out_of_the_cache(world, tmp_path):
    world.store().load(KEY)
    (converted,) = world.converted()
    outside = converted.replace(tmp_path / "outside.npz")
    manifest = json.loads(world.manifest().read_text())
    manifest["file"] = f"../{outside.name}"
    world.manifest().write_text(json.dumps(manifest))
    world.store().load(KEY)
    assert len(world.said) == 2


def test_conversions_of_other_rules_are_not_used(world):
    world.store().load(KEY)
    manifest = json.loads(world.manifest().read_text())
    world.manifest().write_text(json.dumps({**manifest, "version": 0}))
    world.store().load(KEY)
    assert len(world.said) == 2


def test_a_missing_file_says_where_to_get_it_and_where_to_put_it(world):
    with pytest.raises(AssetError) as error:
        world.store().load("smpl")
    for part in (
        str(world.folder / ASSETS["smpl"].path),
        "missing",
        "https://smpl.is.tue.mpg.de",
        "research",
    ):
        assert part in str(error.value)
    assert [asset.key for asset in world.store().missing([KEY, "smpl"])] == ["smpl"]


def test_a_refused_file_says_which_why_and_what_to_do(world):
    source = world.put(KEY, pickle.dumps({**mano(), "evil": print}, 2))
    with pytest.raises(AssetError) as error:
        world.store().load(KEY)
    for part in (str(source), "it names __builtin__.print", "get it from https://"):
        assert part in str(error.value)
    state = world.store().state(KEY)
    assert state.status == "damaged"
    assert "__builtin__.print" in state.text
    # the right file heals it, in the same store
    world.put(KEY, pickle.dumps(mano(), 2))
    assert world.store().state(KEY).status == "needs conversion"
    assert world.store().load(KEY)["mean_pose"][0] == 0.5


def test_a_truncated_checkpoint_says_which_and_why(world):
    torch = pytest.importorskip("torch")
    out = io.BytesIO()
    torch.save({"main_encoder.conv1.weight": torch.ones(64, 3, 7, 7)}, out)
    source = world.put("hand", out.getvalue()[:20_000])
    assert "cut off" in world.store().state("hand").text
    with pytest.raises(AssetError) as error:
        world.store().load("hand")
    assert str(source) in str(error.value)
    assert "cut off" in str(error.value)


def test_checkpoints_come_back_as_they_are(world):
    torch = pytest.importorskip("torch")
    state = {
        "conv1.weight": torch.randn(64, 3, 7, 7),
        "decpose.weight": torch.randn(144, 1024, dtype=torch.float64),
        "bn1.num_batches_tracked": torch.tensor(3),
    }
    for zipped in (True, False):
        out = io.BytesIO()
        torch.save({"model": state, "epoch": 4}, out, _use_new_zipfile_serialization=zipped)
        world.put("body_smpl", out.getvalue())
        for _ in range(2):
            found = world.store().load("body_smpl")
            assert found.keys() == state.keys()
            for key, tensor in state.items():
                expected = tensor.numpy().astype(np.float32) if tensor.is_floating_point() else tensor.numpy()
                np.testing.assert_array_equal(found[key], expected, strict=True)
            found["conv1.weight"][:] = 0.0
    assert len(world.said) == 2
    assert len(world.converted("safetensors")) == 2


def test_torch_absent_says_what_to_install(world, monkeypatch):
    torch = pytest.importorskip("torch")
    out = io.BytesIO()
    torch.save({"conv1.weight": torch.ones(64, 3, 7, 7), "decpose.weight": torch.ones(144, 1024)}, out)
    world.put("body_smpl", out.getvalue())
    world.store().load("body_smpl")
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'frankmocap_ros\[torch\]'"):
        world.store().load("body_smpl")


def test_a_refusal_of_the_machine_is_not_held_against_the_file(world, monkeypatch):
    monkeypatch.setattr(
        "frankmocap_ros.assets.conversion.convert", lambda *_: (_ for _ in ()).throw(OSError("disk full"))
    )
    with pytest.raises(AssetError, match="disk full"):
        world.store().load(KEY)
    assert world.store().state(KEY).status == "needs conversion"


def test_limits_reach_the_child(world):
    with pytest.raises(AssetError, match=r"more than 0\.01 s"):
        world.store(limits=ConversionLimits(wall_s=0.01)).load(KEY)


def test_a_cache_that_cannot_be_written_says_so(world, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(AssetError, match="FRANKMOCAP_CACHE_DIR"):
        world.store().load(KEY)


@pytest.mark.parametrize(
    ("key", "data", "text"),
    [
        (KEY, b"", "empty"),
        (KEY, b"<!DOCTYPE html><html></html>", "web page"),
        ("hand", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
        (KEY, pickle.dumps(mano(), 2)[:-20], "cut off"),
        ("mean_params", b"PK\x03\x04 and no end", "cut off"),
        ("body_smpl", b"PK\x03\x04 and no end", "cut off"),
        ("extra_regressor", b"numbers", "not an array"),
    ],
)
def test_a_look_at_a_file_tells_what_is_wrong(key, data, text, world):
    world.put(key, data)
    state = world.store().state(key)
    assert (state.status, text in state.text, state.asset.url in state.text) == ("damaged", True, True)


def test_states(world):
    state = world.store().state
    assert state("smpl").status == "missing"
    assert state(KEY).status == "needs conversion"
    assert "frankmocap_ros convert" in state(KEY).text
    world.store().load(KEY)
    assert state(KEY).status == "converted"
    assert state(KEY).path == world.folder / ASSETS[KEY].path
    world.put(KEY, pickle.dumps(mano(0.1), 2))
    assert state(KEY).status == "needs conversion"


def test_a_folder_says_that_it_is_a_stand_in(world):
    assert not world.store().is_standin
    (world.folder / STANDIN_MARKER).write_text("random")
    assert world.store().is_standin


def test_processes_that_convert_at_once_do_not_harm_each_other(world):
    program = """
import sys
from pathlib import Path
from frankmocap_ros.assets.store import AssetStore
store = AssetStore(Path(sys.argv[1]), Path(sys.argv[2]), print)
for _ in range(3):
    assert store.load("mean_mano")["mean_pose"][0] == 0.5
"""
    package = str(Path(frankmocap_ros.__file__).parents[1])
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(world.folder), str(world.cache)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": package},
        )
        for _ in range(4)
    ]  # fmt: skip
    ends = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0] * 4, ends
    assert sum(out.count("converting") for out, _ in ends) == 1
    assert len(world.converted()) == 1


def test_what_a_process_left_when_it_was_ended_is_removed(world):
    left = world.cache / "converting-left"
    left.mkdir(parents=True)
    (left / "arrays.npz").write_bytes(b"half")
    world.store().load(KEY)
    assert not left.exists()


def test_a_manifest_appears_whole_or_not_at_all(world, monkeypatch):
    world.store().load(KEY)
    before = world.manifest().read_bytes()
    source = world.folder / ASSETS[KEY].path

    def fail(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr("frankmocap_ros.runtime.whole_files.os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        Cache(world.cache).remember(KEY, source, Entry(Stamp.of(source), "0"))
    assert world.manifest().read_bytes() == before
    assert len(list(world.cache.glob("*.json*"))) == 1


# --- the command --------------------------------------------------------------------------------------------


@pytest.fixture
def convert(world, monkeypatch, capsys):
    monkeypatch.setenv("FRANKMOCAP_CACHE_DIR", str(world.cache))
    monkeypatch.delenv("FRANKMOCAP_ASSETS_DIR", raising=False)

    def run(*arguments):
        code = command_line(["convert", *arguments])
        return code, capsys.readouterr()

    return run


def test_convert_needs_a_folder(convert, tmp_path):
    code, said = convert()
    assert code == 2
    assert "--assets" in said.err
    assert "FRANKMOCAP_ASSETS_DIR" in said.err
    code, said = convert("--assets", str(tmp_path / "nowhere"))
    assert code == 2
    assert "is not a folder" in said.err


def test_convert_tells_what_is_missing(convert, world):
    code, said = convert("--assets", str(world.folder))
    assert code == 1
    assert f"ok: {ASSETS[KEY].path}" in said.out
    missing = [line for line in said.out.splitlines() if line.startswith("MISSING")]
    assert len(missing) == 3
    assert any(ASSETS["smpl"].path in line and "https://smpl.is.tue.mpg.de" in line for line in missing)
    assert f"not found: {ASSETS['smplx'].path}" in said.out


@pytest.fixture
def complete(world, monkeypatch):
    """All that is needed, as far as this command is concerned."""
    monkeypatch.setattr("frankmocap_ros.cli.convert.needed", lambda _: (KEY,))
    return world


def test_convert_is_content_when_what_is_needed_is_there(convert, complete, monkeypatch):
    monkeypatch.setenv("FRANKMOCAP_ASSETS_DIR", str(complete.folder))
    code, said = convert()
    assert (code, said.out.count("converting ")) == (0, 1)
    code, said = convert()
    assert (code, said.out.count("converting ")) == (0, 0)
    code, said = convert("--force")
    assert (code, said.out.count("converting ")) == (0, 1)


def test_convert_tells_what_it_refuses(convert, complete):
    complete.put("hand_info", b"cos\nsystem\nS'true'\n\x85R.")
    code, said = convert("--assets", str(complete.folder))
    assert code == 1
    (line,) = [line for line in said.out.splitlines() if line.startswith("REFUSED")]
    assert ASSETS["hand_info"].path in line
    assert "os.system" in line
    assert f"ok: {ASSETS[KEY].path}" in said.out


def test_convert_says_that_weights_are_stand_ins(convert, complete):
    (complete.folder / STANDIN_MARKER).write_text("random")
    assert "stand-in weights: poses are meaningless" in convert("--assets", str(complete.folder))[1].out
