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

"""The child process: its limits hold, and whatever a file does to it, the parent goes on."""

import io
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import numpy as np
import pytest

import frankmocap_ros
from frankmocap_ros.assets.checkpoint import read_checkpoint
from frankmocap_ros.assets.conversion import (
    DEFAULT_LIMITS,
    ConversionLimits,
    convert,
    read_converted,
    suffix_of,
)
from frankmocap_ros.assets.layout import ASSETS
from frankmocap_ros.errors import AssetError, MocapError

MANO = {"mean_pose": np.linspace(-1.0, 1.0, 48), "mean_shape": np.zeros(10)}
MEAN = {"pose": np.linspace(-1.0, 1.0, 144), "shape": np.zeros(10), "cam": np.array([0.9, 0.0, 0.0])}
SMALL = 64 << 20


@pytest.fixture
def job(tmp_path):
    """Converts the bytes of one asset: ``job(key, data, limits)`` gives its arrays."""
    work = tmp_path / "work"
    work.mkdir()

    def run(key, data, limits=DEFAULT_LIMITS):
        asset = ASSETS[key]
        source, output = tmp_path / Path(asset.path).name, work / f"arrays{suffix_of(asset)}"
        source.write_bytes(data)
        convert(asset, source, output, limits)
        return read_converted(asset, output)

    return run


def archive(**arrays):
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def squeezed(**arrays):
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def test_arrays_come_out_single_precision(job):
    found = job(
        "mean_mano", pickle.dumps({**MANO, "count": np.arange(3), "big": np.arange(3, dtype=">i4")}, 2)
    )
    np.testing.assert_array_equal(found["mean_pose"], MANO["mean_pose"].astype(np.float32), strict=True)
    np.testing.assert_array_equal(found["count"], np.arange(3), strict=True)
    np.testing.assert_array_equal(found["big"], np.arange(3, dtype=np.int32), strict=True)
    assert all(array.flags.writeable for array in found.values())


def test_numpys_files(job):
    np.testing.assert_array_equal(
        job("mean_params", archive(**MEAN))["pose"], MEAN["pose"].astype(np.float32)
    )
    np.testing.assert_array_equal(job("mean_params", squeezed(**MEAN))["cam"], np.float32([0.9, 0.0, 0.0]))
    out = io.BytesIO()
    np.save(out, np.asfortranarray(np.arange(9.0 * 6890).reshape(9, 6890)))
    np.testing.assert_array_equal(
        job("extra_regressor", out.getvalue())["array"], np.arange(9 * 6890.0).reshape(9, -1)
    )


@pytest.mark.parametrize("key", ["mean_params", "extra_regressor", "mean_mano"])
def test_objects_in_numpys_files_are_not_unpickled(key, job, tmp_path):
    canary = tmp_path / "canary"

    class Exploit:
        def __reduce__(self):
            return os.mkdir, (str(canary),)

    evil = np.array([Exploit()], dtype=object)
    out = io.BytesIO()
    if key == "mean_params":
        data = archive(**MEAN, evil=evil)
        np.testing.assert_array_equal(list(job(key, data)), list(MEAN))  # what is not numbers is left out
    else:
        np.save(out, evil)
        with pytest.raises(AssetError):
            job(key, out.getvalue())
    assert not canary.exists()


# --- what each file must hold -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"cam": None}, "cam is missing"),
        ({"pose": np.zeros(143)}, "pose holds 143 numbers, expected 144"),
        ({"shape": np.array(["x"] * 10)}, "shape is missing or not an array of numbers"),
        ({"shape": np.full(10, np.nan)}, "shape holds a number that is not finite"),
        ({"pose": np.full(144, 1e300)}, "pose holds a number that is not finite"),
        ({"more": np.array([1.0, np.inf])}, "more holds a number that is not finite"),
    ],
)
def test_wrong_content_is_refused(change, reason, job):
    content = {name: array for name, array in {**MEAN, **change}.items() if array is not None}
    with pytest.raises(AssetError, match=reason):
        job("mean_params", archive(**content))


def body_model(vertices, joints, hands):
    """The least that passes for a body model; zeros weigh nothing in a compressed file."""
    parents = np.maximum(np.arange(joints) - 1, 0)
    parents[0] = 4294967295
    return {
        "v_template": np.zeros((vertices, 3)),
        "shapedirs": np.zeros((vertices, 3, 10), np.float32),
        "posedirs": np.zeros((vertices, 3, 9 * (joints - 1)), np.float32),
        "J_regressor": np.zeros((joints, vertices), np.float32),
        "weights": np.zeros((vertices, joints), np.float32),
        "kintree_table": np.stack([parents, np.arange(joints)]).astype(np.uint32),
        "f": np.zeros((5, 3), np.uint32),
        **({"hands_meanl": np.zeros(45), "hands_meanr": np.zeros(45)} if hands else {}),
    }


def test_body_models(job):
    for key, model in (("smpl", body_model(6890, 24, False)), ("smplx", body_model(10475, 55, True))):
        found = job(key, pickle.dumps({**model, "bs_style": "lbs", "joint2num": {"L_Hip": 1}}, 2))
        assert {name: array.shape for name, array in found.items()} == {n: a.shape for n, a in model.items()}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"v_template": np.zeros((6891, 3))}, r"v_template has shape \(6891, 3\), expected \(6890, 3\)"),
        ({"shapedirs": np.zeros((6890, 3, 9))}, "9 shapes, expected at least 10"),
        ({"f": np.zeros((5, 3))}, "f holds float"),
        ({"f": np.full((5, 3), 6890)}, "f names vertices outside of 0 to 6889"),
        ({"f": np.full((5, 3), -1)}, "f names vertices outside"),
        ({"kintree_table": np.zeros((2, 23), np.int64)}, "kintree_table has shape"),
        ({"kintree_table": np.full((2, 24), 23)}, "parents before their children"),
        ({"kintree_table": np.full((2, 24), -2)}, "parents before their children"),
        ({"weights": np.full((6890, 24), np.nan)}, "weights holds a number that is not finite"),
        ({"posedirs": np.array("lbs")}, "posedirs is missing"),
        ({"J_regressor": {"a": 1}}, "J_regressor is missing"),
    ],
)
def test_wrong_body_models_are_refused(change, reason):
    """The same check that the child makes."""
    from frankmocap_ros.assets.body_model_pickle import read_pickle
    from frankmocap_ros.assets.schema import check

    with pytest.raises(AssetError, match=reason):
        check("smpl", read_pickle(pickle.dumps({**body_model(6890, 24, False), **change}, 4)))


def test_checkpoints_of_another_network_are_refused():
    from frankmocap_ros.assets.schema import check

    body = {
        "conv1.weight": np.zeros((64, 3, 7, 7), np.float32),
        "decpose.weight": np.zeros((144, 1024), np.float32),
    }
    check("body_smpl", body)
    check("body_smpl", {"conv1.weight": body["conv1.weight"]}, ("conv1.weight", "fc1.weight"))
    with pytest.raises(AssetError, match=r"decpose\.weight is missing"):
        check("body_smpl", {"conv1.weight": body["conv1.weight"]}, tuple(body))
    with pytest.raises(AssetError, match=r"main_encoder\.conv1\.weight is missing"):
        check("hand", body)


# --- limits -------------------------------------------------------------------------------------------------


def test_memory_is_limited(job):
    data = pickle.dumps({**MANO, "large": np.zeros(SMALL, np.uint8)}, 4)
    assert job("mean_mano", data)["large"].nbytes == SMALL
    with pytest.raises(AssetError, match="takes more than 32 MB of memory"):
        job("mean_mano", data, ConversionLimits(memory_bytes=32 << 20, memory_per_byte=0))


def test_an_archive_that_unpacks_to_more_than_memory_is_refused(job):
    bomb = squeezed(**MEAN, zeros=np.zeros(400 << 20, np.uint8))
    assert len(bomb) < 1 << 20
    with pytest.raises(AssetError, match="memory"):
        job("mean_params", bomb, ConversionLimits(memory_bytes=100 << 20))
    with pytest.raises(AssetError, match="its numbers take more than"):
        job("mean_params", bomb)


def test_an_archive_that_says_it_is_huge_is_refused(job):
    data = bytearray(archive(**MEAN))
    place = data.index(b"PK\x01\x02") + 24  # uncompressed size in the directory
    data[place : place + 4] = (0xFFFF0000).to_bytes(4, "little")
    with pytest.raises(AssetError, match="unpacks to more than"):
        job("mean_params", bytes(data))


def test_an_array_that_says_it_is_huge_is_refused(job):
    out = io.BytesIO()
    np.save(out, np.zeros((9, 6890)))
    data = out.getvalue().replace(b"(9, 6890), }  ", b"(9, 9999999)} ")
    with pytest.raises(AssetError, match="damaged"):
        job("extra_regressor", data)


def test_processor_time_is_limited(job):
    """Whole numbers of one hash: a dictionary of n of them takes n * n steps."""
    modulus = (1 << 61) - 1
    keys = b"".join(b"\x8a\x0a" + (k * modulus).to_bytes(10, "little") + b"N" for k in range(1, 60_000))
    with pytest.raises(AssetError, match="more than 1 s of processor time"):
        job("mean_mano", b"\x80\x02}(" + keys + b"u.", ConversionLimits(cpu_s=1))


def test_wall_clock_time_is_limited(job):
    with pytest.raises(AssetError, match=r"more than 0\.01 s"):
        job("mean_mano", pickle.dumps(MANO), ConversionLimits(wall_s=0.01))


def test_a_file_nested_too_deep_ends_the_child_at_most(job):
    """Comparing what is nested a million times runs out of stack, which nobody catches."""
    deep = b"\x80\x02}N" + b"\x85" * 1_000_000 + b"Ns."
    with pytest.raises(AssetError):
        job("mean_mano", deep)


def test_what_is_not_a_file_is_refused(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)  # so that opening it does not wait
    try:
        with pytest.raises(AssetError, match="not a file"):
            convert(ASSETS["mean_mano"], pipe, tmp_path / "arrays.npz")
    finally:
        os.close(writer)


def run_limited(body):
    """Run Python code after the child's limits are set; returns what it printed and its exit code."""
    program = (
        "from frankmocap_ros.assets.child import forbid, limit\n"
        "limit(256 << 20, 2, 1 << 20)\n"
        "forbid('/nowhere/output')\n" + textwrap.dedent(body)
    )
    path = os.pathsep.join([str(Path(frankmocap_ros.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )


@pytest.mark.parametrize(
    "attempt",
    [
        "import os; os.system('echo ran')",
        "import os; os.execv('/bin/echo', ['echo', 'ran'])",
        "import os; os.fork()",
        "import os; os.posix_spawn('/bin/echo', ['echo', 'ran'], {})",
        "import subprocess; subprocess.run(['echo', 'ran'])",
        "import socket; socket.socket()",
        "import ctypes; ctypes.CDLL(None)",
        "import os, tempfile; open(tempfile.gettempdir() + '/never', 'w')",
        "import os, tempfile; os.open(tempfile.gettempdir() + '/never', os.O_CREAT | os.O_WRONLY)",
        "import os; os.remove('/nowhere')",
        "import os; os.rename('/nowhere', '/elsewhere')",
        "import shutil; shutil.rmtree('/nowhere')",
    ],
)
def test_even_code_that_ran_could_not_start_processes_or_write(attempt):
    done = run_limited(attempt)
    assert done.returncode == 1
    assert "ran" not in done.stdout
    assert "AssetError: it tries" in done.stderr


def test_the_limits_cannot_be_lifted_again_and_leave_no_core():
    if os.geteuid() == 0:
        check = "assert [resource.getrlimit(w)[1] < 1 << 34 for w in what] == [True] * 3"
    else:
        check = "resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY,) * 2)"
    done = run_limited(
        "import resource\n"
        "what = (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_FSIZE)\n"
        "assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)\n" + check
    )
    assert (done.returncode == 0) is (os.geteuid() == 0), done.stderr


# --- isolation ----------------------------------------------------------------------------------------------


def test_nothing_is_imported_from_the_working_folder(tmp_path):
    """Nor from PYTHONPATH, nor by Python's other variables."""
    evil = tmp_path / "evil"
    evil.mkdir()
    names = (
        "numpy",
        "zipfile",
        "json",
        "pickle",
        "hashlib",
        "resource",
        "sitecustomize",
        "usercustomize",
        "torch",
    )
    for name in names:
        (evil / f"{name}.py").write_text(f"open({str(tmp_path / 'canary')!r}, 'w')\nraise SystemExit(3)\n")
    source = tmp_path / "mean_mano_params.pkl"
    source.write_bytes(pickle.dumps(MANO))
    program = """
import os, sys
from pathlib import Path
from frankmocap_ros.assets.conversion import convert
from frankmocap_ros.assets.layout import ASSETS
import zipfile, json, hashlib, subprocess
os.chdir(sys.argv[1])
sys.path.insert(0, "")
os.environ.update(PYTHONPATH=sys.argv[1], PYTHONSTARTUP="numpy.py", PYTHONINSPECT="1", PYTHONHOME="")
convert(ASSETS["mean_mano"], Path(sys.argv[2]), Path(sys.argv[3]))
"""
    package = str(Path(frankmocap_ros.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", program, str(evil), str(source), str(tmp_path / "arrays.npz")],
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "PYTHONPATH": package},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "canary").exists()
    assert (tmp_path / "arrays.npz").exists()


# --- ten thousand damaged files -----------------------------------------------------------------------------


def mutated(data, rng):
    """One of: bits flipped, bytes replaced, cut off, cut out, put in, doubled."""
    data, kind = bytearray(data), rng.randrange(6)
    place, length = rng.randrange(len(data)), rng.randrange(1, 40)
    if kind == 0:
        for _ in range(rng.randrange(1, 9)):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif kind == 1:
        data[place : place + length] = rng.randbytes(length)
    elif kind == 2:
        del data[place:]
    elif kind == 3:
        del data[place : place + length]
    elif kind == 4:
        data[place:place] = rng.randbytes(length)
    else:
        data[place:place] = data[rng.randrange(len(data)) :][:length]
    return bytes(data)


def originals():
    """Reader -> small whole files for it."""
    found = {
        "pickle": [pickle.dumps({**MANO, "text": "x", "order": [1, 2]}, protocol) for protocol in range(6)],
        "npz": [archive(**MEAN), squeezed(**MEAN)],
    }
    try:
        import torch
    except ImportError:
        return found
    out = [io.BytesIO(), io.BytesIO()]
    weights = {
        "model": {"a.weight": torch.ones(3, 4), "a.bias": torch.zeros(3, dtype=torch.float64)},
        "epoch": 3,
    }
    for zipped, file in enumerate(out):
        torch.save(weights, file, _use_new_zipfile_serialization=bool(zipped))
    found["checkpoint"] = [file.getvalue() for file in out]
    return found


BATCH = """
import json, sys, warnings
warnings.simplefilter("ignore")
from frankmocap_ros.assets import schema
from frankmocap_ros.assets.child import _READ, forbid, limit
from frankmocap_ros.errors import AssetError
reader, start = sys.argv[2], int(sys.argv[3])
if reader == "checkpoint":
    import torch
files = open(sys.argv[1], "rb").read()
sizes = json.loads(sys.argv[4])
_READ[reader](files[: sizes[0]])  # the first is whole: all that reading imports is there before the limits
limit(1 << 30, 300, 1 << 20)
forbid("")
at = sum(sizes[:start])
for i in range(start, len(sizes)):
    print(i, end=" ", flush=True)
    try:
        schema.in_single_precision(_READ[reader](files[at : at + sizes[i]]))
        print("read", flush=True)
    except AssetError:
        print("refused", flush=True)
    except MemoryError:
        print("memory", flush=True)
    at += sizes[i]
"""


def read_all(reader, files, folder):
    """How each file ended, in as many processes as it takes; a process that dies costs its file only."""
    store = folder / f"{reader}.bin"
    store.write_bytes(b"".join(files))
    sizes, ends = json.dumps([len(file) for file in files]), []
    environment = {
        **os.environ, "PYTHONPATH": str(Path(frankmocap_ros.__file__).parents[1]), "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    while len(ends) < len(files):
        done = subprocess.run(
            [sys.executable, "-c", BATCH, str(store), reader, str(len(ends)), sizes],
            capture_output=True, text=True, timeout=300, check=False, env=environment,
        )  # fmt: skip
        lines = [line.split() for line in done.stdout.splitlines()]
        assert [int(line[0]) for line in lines] == list(range(len(ends), len(ends) + len(lines))), done.stderr
        ends += [line[1] for line in lines if len(line) == 2]
        if len(ends) < len(files):  # ended by a signal, and never by an error that nobody expected
            assert done.returncode < 0, done.stderr
            ends.append("died")
    return ends


def test_ten_thousand_damaged_files(tmp_path):
    rng, whole = random.Random(11), originals()
    shares = {"pickle": 6000, "npz": 1500, "checkpoint": 2500}
    total = 0
    for reader, files in whole.items():
        damaged = [mutated(rng.choice(files), rng) for _ in range(shares[reader])]
        ends = read_all(reader, [files[0], *damaged], tmp_path)
        assert len(ends) == len(damaged) + 1
        assert ends[0] == "read"
        assert ends.count("refused") > len(damaged) // 4, f"{reader}: the damage is not seen"
        print(f"{reader}:", {end: ends.count(end) for end in sorted(set(ends))})
        total += len(damaged)
    assert total == sum(shares.values()) == 10_000 or "checkpoint" not in whole


def test_damaged_files_through_the_whole_conversion(job):
    rng, keys = random.Random(12), {"pickle": "mean_mano", "npz": "mean_params", "checkpoint": "hand"}
    refused = 0
    for reader, files in originals().items():
        for _ in range(1 if reader == "checkpoint" else 6):
            try:
                job(keys[reader], mutated(rng.choice(files), rng))
            except MocapError:
                refused += 1
    assert refused > 4


@pytest.mark.parametrize("zipped", [True, False])
def test_a_truncated_checkpoint_is_refused(zipped, job):
    torch = pytest.importorskip("torch")
    out = io.BytesIO()
    state = {"main_encoder.conv1.weight": torch.ones(64, 3, 7, 7), "regressor.0.weight": torch.ones(61, 1085)}
    torch.save(state, out, _use_new_zipfile_serialization=zipped)
    whole = out.getvalue()
    assert len(job("hand", whole)) == 2
    with pytest.raises(AssetError):
        job("hand", whole[: int(0.999 * len(whole))])
    for share in (0.0, 0.5, 0.999):
        with pytest.raises(AssetError):
            read_checkpoint(whole[: int(share * len(whole))])


def test_a_process_that_dies_is_told_by_its_signal(job, monkeypatch):
    monkeypatch.setattr("frankmocap_ros.assets.conversion._START", "import os; os.kill(os.getpid(), 11)")
    with pytest.raises(AssetError, match=f"signal {signal.SIGSEGV.value}"):
        job("mean_mano", pickle.dumps(MANO))


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ("print('nonsense'); raise SystemExit(7)", "exit code 7"),
        ("raise RuntimeError('what it says')", "RuntimeError: what it says"),
        ("print('[]')", "says nothing of use"),
        ("print('x' * (1 << 24))", "failed"),
    ],
)
def test_a_process_that_talks_nonsense_is_refused(start, reason, job, monkeypatch):
    monkeypatch.setattr("frankmocap_ros.assets.conversion._START", start)
    with pytest.raises(AssetError, match=reason):
        job("mean_mano", pickle.dumps(MANO))


def test_what_the_child_wrote_is_checked(job, monkeypatch):
    """A child that a file took over can write what it likes: it gets no further than this."""
    with io.BytesIO() as out:
        np.savez(out, mean_pose=np.full(48, np.nan, np.float32), mean_shape=np.zeros(10, np.float32))
        wrong = out.getvalue()
    start = (
        "import json, sys; "
        f"open(json.loads(sys.argv[-1])['output'], 'wb').write({wrong!r}); "
        "print(json.dumps({'sha256': '0'}))"
    )
    monkeypatch.setattr("frankmocap_ros.assets.conversion._START", start)
    with pytest.raises(AssetError, match="not finite"):
        job("mean_mano", pickle.dumps(MANO))


def test_archives_are_the_same_bytes_each_time(tmp_path):
    from frankmocap_ros.assets.numpy_files import read_npz, write_npz

    for name in ("a", "b"):
        write_npz(tmp_path / name, MEAN)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with zipfile.ZipFile(tmp_path / "a") as file:
        assert file.testzip() is None
    for name, array in read_npz((tmp_path / "a").read_bytes()).items():
        np.testing.assert_array_equal(array, MEAN[name], strict=True)
