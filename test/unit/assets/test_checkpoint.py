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

"""Torch checkpoints: tensors come out of both formats; code never runs."""

import io
import os
import pickle
import pickletools
import shlex
import tarfile
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

from frankmocap_ros.assets.checkpoint import new_enough, read_checkpoint
from frankmocap_ros.assets.conversion import convert
from frankmocap_ros.assets.layout import ASSETS
from frankmocap_ros.errors import AssetError, MissingDependencyError

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")


def saved(content, zipped):
    out = io.BytesIO()
    torch.save(content, out, _use_new_zipfile_serialization=zipped)
    return out.getvalue()


class Exploit:
    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.fixture(params=[True, False], ids=["zip", "legacy"])
def zipped(request):
    return request.param


@pytest.fixture
def canary(tmp_path):
    """A file that is there when something ran, and what makes it when it is unpickled."""
    path = tmp_path / "canary"
    return path, Exploit(f"touch {shlex.quote(str(path))}")


@pytest.fixture
def state():
    """A state dict as modules give it, with its kinds of tensors."""
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    return OrderedDict(module.state_dict(), parameter=torch.nn.Parameter(torch.arange(6.0).reshape(2, 3)))


@pytest.mark.parametrize("under", [None, "model", "state_dict"])
def test_tensors_come_out(state, under, zipped):
    whole = (
        state if under is None else {under: state, "epoch": 3, "optimizer": {"lr": 0.1, "m": torch.ones(2)}}
    )
    found = read_checkpoint(saved(whole, zipped))
    assert list(found) == list(state)
    for key, tensor in state.items():
        np.testing.assert_array_equal(found[key], tensor.detach().numpy(), strict=True)


def test_what_stands_before_all_keys_is_left_out(state, zipped):
    """DataParallel puts ``module.`` there; one that stands before some keys belongs to them."""
    prefixed = {f"module.{key}": tensor for key, tensor in state.items()}
    assert list(read_checkpoint(saved({"model": prefixed}, zipped))) == list(state)
    some = {**state, "module.weight": torch.ones(2)}
    assert list(read_checkpoint(saved(some, zipped))) == list(some)


def test_floating_numbers_come_out_single(zipped):
    kinds = {
        str(kind): torch.tensor([1.5, -2.0], dtype=kind)
        for kind in (torch.float16, torch.bfloat16, torch.float64)
    }
    found = read_checkpoint(saved(kinds, zipped))
    for array in found.values():
        np.testing.assert_array_equal(array, np.array([1.5, -2.0], np.float32), strict=True)


def test_views_come_out_as_they_are_seen(zipped):
    whole = torch.arange(12.0).reshape(3, 4)
    found = read_checkpoint(saved({"t": whole.T, "part": whole[1:, ::2], "one": whole[0, 0]}, zipped))
    np.testing.assert_array_equal(found["t"], whole.T.numpy(), strict=True)
    np.testing.assert_array_equal(found["part"], whole[1:, ::2].numpy(), strict=True)
    assert found["one"].shape == ()


def test_numpys_counters_beside_the_weights_are_left_out(state, zipped):
    beside = {"best": np.float64(51.7), "order": np.arange(4), "model": state}
    assert list(read_checkpoint(saved(beside, zipped))) == list(state)


@pytest.mark.parametrize("where", ["alone", "beside", "inside", "as a key"])
def test_exploits_are_refused_without_running(where, zipped, canary, state, monkeypatch):
    path, exploit = canary
    content = {
        "alone": exploit,
        "beside": {"model": state, "epoch": exploit},
        "inside": OrderedDict(state, evil=exploit),
        "as a key": {exploit: 1},
    }[where]
    data = saved(content, zipped)
    torch.load(io.BytesIO(data), weights_only=False)
    path.unlink()  # it works where nobody stops it
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    with pytest.raises(AssetError, match="torch does not read it"):
        read_checkpoint(data)
    assert not path.exists()


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_a_bare_pickle_is_refused(canary):
    path, exploit = canary
    for protocol in range(6):
        with pytest.raises(AssetError):
            read_checkpoint(pickle.dumps(exploit, protocol))
    assert not path.exists()


@pytest.mark.parametrize("place", range(5))
def test_exploits_in_each_pickle_of_the_old_format_are_refused(place, canary, state):
    """Magic number, protocol, system, content and keys are a pickle each."""
    path, exploit = canary
    stream = io.BytesIO(saved(state, zipped=False))
    parts = []
    while len(parts) < 5:
        start = stream.tell()
        unpickler = pickle.Unpickler(stream)
        unpickler.persistent_load = lambda pid: None
        try:
            unpickler.load()
        except Exception:  # tensors without storages; the end of the pickle is all that is asked for
            stream.seek(start)
            list(pickletools.genops(stream))
        parts.append(stream.getvalue()[start : stream.tell()])
    parts[place] = pickle.dumps(exploit, 2)
    with pytest.raises(AssetError):
        read_checkpoint(b"".join(parts) + stream.getvalue()[stream.tell() :])
    assert not path.exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_exploits_are_refused_by_the_conversion(zipped, canary, tmp_path):
    path, exploit = canary
    source = tmp_path / "pose_shape_best.pth"
    source.write_bytes(saved({"model": {"a": torch.ones(2)}, "b": exploit}, zipped))
    (tmp_path / "work").mkdir()
    with pytest.raises(AssetError, match=r"system"):
        convert(ASSETS["hand"], source, tmp_path / "work" / "arrays.safetensors")
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    [
        {"a": torch.ones(3).to_sparse()},
        {"a": torch.ones(3, device="meta")},
        {"a": torch.ones(3, dtype=torch.complex64)},
        {"a": torch.ones(1).expand(1 << 20)},
        {"a": 1},
        {},
        [torch.ones(3)],
        torch.ones(3),
    ],
    ids=["sparse", "meta", "complex", "larger than the file", "a number", "empty", "list", "bare"],
)
@pytest.mark.filterwarnings("ignore")
def test_what_holds_no_plain_tensors_is_refused(content, zipped):
    with pytest.raises(AssetError):
        read_checkpoint(saved(content, zipped))


def test_methods_of_the_file_are_not_used(state):
    """The format may set a dictionary's attributes: they must not answer for it."""
    state.itemz = [("a", "b")]
    data = saved({"model": state}, False)
    assert data.count(b"itemz") == 1
    assert list(read_checkpoint(data.replace(b"itemz", b"items"))) == list(state)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
def test_truncated_files_are_refused(state, zipped, share):
    data = saved(OrderedDict(state, more=torch.ones(5000)), zipped)
    with pytest.raises(AssetError):
        read_checkpoint(data[: int(share * len(data))])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_archives_that_torch_does_not_write_are_refused(state):
    data = saved(state, True)
    squeezed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(squeezed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(AssetError, match="compressed"):
        read_checkpoint(squeezed.getvalue())
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name in ("sys_info", "pickle", "storages", "tensors"):
            archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(AssetError):
        read_checkpoint(tar.getvalue())
    script = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), script)
    with pytest.raises(AssetError):
        read_checkpoint(script.getvalue())


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("2.10.0", True), ("2.10.0+cu128", True), ("2.10", True), ("2.11.0a0+git1", True), ("3.0.0", True),
        ("2.10.0a0+nv25", False), ("2.10.0.dev20251001", False), ("2.10.0rc1", False), ("2.9.1", False),
        ("2.6.0+cpu", False), ("1.13.1", False), ("", False), ("unknown", False),
    ],
)  # fmt: skip
def test_only_torch_from_2_10_on(version, enough, monkeypatch, state):
    assert new_enough(version) is enough
    monkeypatch.setattr(torch, "__version__", version)
    data = saved(state, True)
    if enough:
        assert read_checkpoint(data)
    else:
        monkeypatch.setattr(torch, "load", None)  # is not asked at all
        with pytest.raises(MissingDependencyError, match=r"2\.10.*pip install 'frankmocap_ros\[torch\]'"):
            read_checkpoint(data)
