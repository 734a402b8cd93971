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

"""Pickles: numbers come out, in every way that body models write them; code never runs."""

import collections
import copyreg
import functools
import io
import operator
import os
import pickle
import shlex
import subprocess
import sys
import types

import numpy as np
import pytest

from frankmocap_ros.assets.body_model_pickle import read_pickle
from frankmocap_ros.assets.conversion import convert
from frankmocap_ros.assets.layout import ASSETS
from frankmocap_ros.assets.pickled import ALLOWED
from frankmocap_ros.errors import AssetError

PROTOCOLS = range(6)
RNG = np.random.default_rng(3)
ARRAYS = {
    "float64": RNG.normal(size=(4, 3)),
    "float32": RNG.normal(size=(2, 3, 4)).astype(np.float32),
    "columns": np.asfortranarray(RNG.normal(size=(4, 3))),
    "big": RNG.normal(size=5).astype(">f8"),
    "uint32": np.array([[4294967295, 0], [0, 1]], np.uint32),
    "bool": np.array([True, False]),
    "empty": np.zeros((0, 3)),
    "none": np.array(2.5),
}  # fmt: skip


class Call:
    """Pickles as a call of ``function``."""

    def __init__(self, function, *arguments):
        self.reduced = (function, arguments)

    def __reduce__(self):
        return self.reduced

    def __call__(self):
        raise AssertionError("only here because pickle wants what it calls to be callable")


# --- numbers come out -------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_come_out_as_they_went_in(name, protocol):
    found = read_pickle(pickle.dumps({"array": ARRAYS[name]}, protocol))
    assert found["array"].dtype == ARRAYS[name].dtype
    np.testing.assert_array_equal(found["array"], ARRAYS[name], strict=True)


@pytest.mark.parametrize("protocol", range(4))
def test_names_of_the_other_numpy_are_known(protocol):
    data = pickle.dumps({"a": np.arange(6.0).reshape(2, 3)}, protocol)
    names = (b"numpy.core", b"numpy._core") if b"numpy.core" in data else (b"numpy._core", b"numpy.core")
    np.testing.assert_array_equal(read_pickle(data.replace(*names))["a"], np.arange(6.0).reshape(2, 3))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_scalars_ordered_dictionaries_and_lists(protocol):
    content = collections.OrderedDict(
        number=np.float64(2.5), listed=[1, 2, 3], rows=[[1.0, 2.0], [3.0, 4.0]], ragged=[[1], [2, 3]]
    )
    found = read_pickle(pickle.dumps(content, protocol))
    assert sorted(found) == ["listed", "number", "rows"]
    assert found["number"] == 2.5
    np.testing.assert_array_equal(found["rows"], [[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_entries_that_are_not_numbers_are_left_out(protocol):
    content = {
        "a": np.arange(3), "text": "lbs", "map": {"L_Hip": 1}, "none": None, "words": np.array(["x", "y"]),
        "objects": np.array([{"a": 1}, None], dtype=object), 7: np.arange(2),
    }  # fmt: skip
    assert list(read_pickle(pickle.dumps(content, protocol))) == ["a"]


@pytest.mark.parametrize("module", ["scipy.sparse", "scipy.sparse.csc", "scipy.sparse._csc"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_sparse_matrices_come_out_dense(module, protocol, monkeypatch):
    dense = np.where(RNG.uniform(size=(5, 7)) < 0.4, RNG.normal(size=(5, 7)), 0.0)
    kind = _fake_class(monkeypatch, module, "csc_matrix")
    rows = [np.flatnonzero(column) for column in dense.T]
    matrix = kind()
    matrix.__dict__.update(
        _shape=dense.shape,
        maxprint=50,
        data=np.concatenate([column[r] for column, r in zip(dense.T, rows, strict=True)]),
        indices=np.concatenate(rows).astype(np.int32),
        indptr=np.cumsum([0, *map(len, rows)]).astype(np.int32),
    )
    np.testing.assert_array_equal(read_pickle(pickle.dumps({"m": matrix}, protocol))["m"], dense)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_scipys_own_matrix(protocol):
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.random(6, 9, 0.3, format="csc", random_state=np.random.RandomState(5))
    found = read_pickle(pickle.dumps({"m": matrix}, protocol))["m"]
    np.testing.assert_array_equal(found, matrix.toarray())


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_chumpys_arrays_and_selections(protocol, monkeypatch):
    ch, select = (
        _fake_class(monkeypatch, "chumpy.ch", "Ch"),
        _fake_class(monkeypatch, "chumpy.reordering", "Select"),
    )
    whole = ch()
    whole.__dict__.update(x=RNG.normal(size=(4, 3, 20)), _dirty_vars=set(), _itr=None, _cache={"drs": {}})
    part = select()
    picked = np.arange(240).reshape(4, 3, 20)[:, :, :10].ravel()
    part.__dict__.update(a=whole, idxs=picked, preferred_shape=(4, 3, 10), _dirty_vars={"a"})
    found = read_pickle(pickle.dumps({"whole": whole, "part": part}, protocol))
    np.testing.assert_array_equal(found["whole"], whole.x)
    np.testing.assert_array_equal(found["part"], whole.x[:, :, :10])


def test_a_file_of_python_2():
    numbers = np.arange(250.0)  # with bytes beyond ASCII
    raw = numbers.tobytes()
    stream = (
        b"\x80\x02}q\x01U\nv_templatecnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\xfa\x85cnumpy\ndtype\nU\x02f8K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89T" + len(raw).to_bytes(4, "little") + raw + b"tbs."
    )
    np.testing.assert_array_equal(read_pickle(stream)["v_template"], numbers)


def _fake_class(monkeypatch, module, name):
    """A class that pickles under another package's name."""
    made = types.ModuleType(module)
    monkeypatch.setitem(sys.modules, module.partition(".")[0], types.ModuleType("parent"))
    monkeypatch.setitem(sys.modules, module, made)
    setattr(made, name, type(name, (), {"__module__": module}))
    return getattr(made, name)


# --- code does not run ------------------------------------------------------------------------------------


def _exploits():
    """name -> function of protocol and command, giving a stream that runs the command in a naive reader."""
    found = {}

    def pickled(name):
        def keep(make):
            found[name] = lambda protocol, command: pickle.dumps(make(command), protocol)
            return make

        return keep

    def raw(name):
        def keep(make):
            found[name] = lambda protocol, command: (
                (bytes([0x80, protocol]) if protocol >= 2 else b"") + make(command)
            )
            return make

        return keep

    def code(command):
        return f"__import__('os').system({command!r})"

    pickled("os.system")(lambda c: Call(os.system, c))
    pickled("eval")(lambda c: Call(eval, code(c)))
    pickled("exec")(lambda c: {"v_template": Call(exec, code(c))})
    pickled("subprocess")(
        lambda c: Call(subprocess.check_call, c, -1, None, None, None, None, None, True, True)
    )
    pickled("getattr chain")(lambda c: Call(Call(getattr, Call(__import__, "os"), "system"), c))
    pickled("partial")(lambda c: Call(functools.partial(os.system, c)))
    pickled("methodcaller")(lambda c: Call(operator.methodcaller("system", c), Call(__import__, "os")))
    pickled("map in list")(lambda c: Call(list, Call(map, os.system, [c])))
    pickled("nested pickle")(lambda c: Call(pickle.loads, pickle.dumps(Call(os.system, c), 2)))
    pickled("nested unpickler")(
        lambda c: Call(
            Call(getattr, Call(pickle.Unpickler, Call(io.BytesIO, pickle.dumps(Call(os.system, c)))), "load")
        )
    )
    pickled("object array")(lambda c: {"v_template": np.array([Call(os.system, c), None], dtype=object)})
    pickled("object scalar")(lambda c: Call(np.core.multiarray.scalar, np.dtype("O"), Call(os.system, c)))
    pickled("in an allowed dictionary")(lambda c: collections.OrderedDict(a=Call(os.system, c)))
    pickled("in the shape of an array")(
        lambda c: Call(np.core.multiarray._reconstruct, np.ndarray, (Call(os.system, c),), b"b")
    )
    pickled("runpy")(lambda c: Call(exec, Call(compile, code(c), "x", "exec")))

    line = lambda c: b"S" + repr(c).encode() + b"\n"  # noqa: E731
    text = lambda s: b"\x8c" + bytes([len(s)]) + s  # noqa: E731
    raw("INST")(lambda c: b"(" + line(c) + b"ios\nsystem\n.")
    raw("OBJ")(lambda c: b"(cos\nsystem\n" + line(c) + b"o.")
    raw("STACK_GLOBAL")(lambda c: text(b"os") + text(b"system") + b"\x93" + line(c) + b"\x85R.")
    raw("STACK_GLOBAL dotted")(
        lambda c: text(b"os") + text(b"path.os.system") + b"\x93" + line(c) + b"\x85R."
    )
    raw("STACK_GLOBAL dotted, allowed module")(
        lambda c: text(b"collections") + text(b"_sys.modules") + b"\x93" + text(b"x") + b"\x85R."
    )
    raw("STACK_GLOBAL dotted, allowed class")(
        lambda c: (
            text(b"numpy") + text(b"ndarray.__class__.__subclasses__") + b"\x93" + b"cnumpy\nndarray\n\x85R."
        )
    )
    raw("STACK_GLOBAL from the memo")(
        lambda c: (
            text(b"system")
            + b"q\x00"
            + text(b"os")
            + b"q\x010"
            + b"0"
            + b"h\x01h\x00\x93"
            + line(c)
            + b"\x85R."
        )
    )
    raw("STACK_GLOBAL by memo, nothing popped")(
        lambda c: (
            b"(" + text(b"system") + b"\x94" + text(b"os") + b"\x94l0h\x01h\x00\x93" + line(c) + b"\x85R."
        )
    )
    raw("called, popped, replaced")(lambda c: b"cos\nsystem\n" + line(c) + b"\x85R0}.")
    raw("called in a key")(lambda c: b"}cos\nsystem\n" + line(c) + b"\x85RNs.")
    raw("a name in two lines")(lambda c: b"cos\npath.os.system\n" + line(c) + b"\x85R.")
    raw("EXT1")(lambda c: b"\x82\xf1" + line(c) + b"\x85R.")
    raw("EXT2")(lambda c: b"\x83\xf1\x00" + line(c) + b"\x85R.")
    raw("EXT4")(lambda c: b"\x84\xf1\x00\x00\x00" + line(c) + b"\x85R.")
    raw("PERSID")(lambda c: b"Pos.system\n.")
    raw("BINPERSID")(lambda c: line(c) + b"Q.")
    # BUILD on allowed objects, classes and constructors, with state and with slot state
    evil = b"(dS'__setstate__'\ncos\nsystem\ns"
    plain = b"(dS'__code__'\nS'x'\ns"
    raw("BUILD gives an object a method")(
        lambda c: b"ccollections\nOrderedDict\n)R" + evil + b"b" + line(c) + b"b."
    )
    raw("BUILD on a class")(lambda c: b"ccollections\nOrderedDict\n" + b"N" + plain + b"\x86b.")
    raw("BUILD on a constructor")(lambda c: b"cnumpy.core.multiarray\n_reconstruct\nN" + plain + b"\x86b.")
    raw("BUILD on a dtype")(lambda c: b"cnumpy\ndtype\nS'f8'\n\x85RN" + plain + b"\x86b.")
    raw("BUILD on a matrix")(lambda c: b"cscipy.sparse\ncsc_matrix\n)\x81N" + plain + b"\x86b.")
    raw("reconstructor of another class")(
        lambda c: b"ccopyreg\n_reconstructor\ncsubprocess\nPopen\nc__builtin__\nobject\nN\x87R."
    )
    raw("reconstructor without a class")(
        lambda c: b"ccopyreg\n_reconstructor\ncnumpy\ndtype\nc__builtin__\nobject\nN\x87R."
    )
    raw("NEWOBJ of a process")(lambda c: b"csubprocess\nPopen\n)\x81.")
    raw("NEWOBJ_EX of a process")(lambda c: b"csubprocess\nPopen\n)}\x92.")
    raw("copyreg")(lambda c: b"ccopyreg\n__newobj__\ncsubprocess\nPopen\n\x85R.")
    raw("another codec")(lambda c: b"c_codecs\nencode\nVx\nVzip\n\x86R.")
    raw("NEXT_BUFFER")(lambda c: b"\x97.")
    return found


EXPLOITS = _exploits()
# refused for what they try; a naive reader only fails at them, or they prepare what another stream ends
HARMLESS = {
    "STACK_GLOBAL dotted, allowed module", "STACK_GLOBAL dotted, allowed class", "PERSID", "BINPERSID",
    "BUILD on a class", "BUILD on a constructor", "BUILD on a dtype", "BUILD on a matrix", "copyreg",
    "reconstructor of another class", "reconstructor without a class", "NEWOBJ of a process",
    "NEWOBJ_EX of a process", "another codec", "NEXT_BUFFER",
}  # fmt: skip


@pytest.fixture
def canary(tmp_path):
    """A file that is there when something ran, and the command that makes it."""
    path = tmp_path / "canary"
    return path, f"touch {shlex.quote(str(path))}"


@pytest.fixture
def extension():
    copyreg.add_extension("posix", "system", 0xF1)
    yield
    copyreg.remove_extension("posix", "system", 0xF1)


def test_there_are_at_least_14_exploits_that_work():
    assert len(EXPLOITS.keys() - HARMLESS) >= 14
    assert EXPLOITS.keys() > HARMLESS


@pytest.mark.filterwarnings("ignore:Unpickling a scalar with object dtype")
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", EXPLOITS)
def test_exploits_are_refused_without_running(name, protocol, canary, extension):
    path, command = canary
    stream = EXPLOITS[name](protocol, command)
    if name not in HARMLESS and _naive(stream, protocol):
        assert path.exists(), "the exploit of this test does not work"
        path.unlink()
    with pytest.raises(AssetError):
        read_pickle(stream)
    assert not path.exists()


def _naive(stream, protocol):
    """What everybody warns of; False where even Python cannot run it under this protocol."""
    try:
        pickle.loads(stream)
    except AttributeError:  # dotted names begin with protocol 4
        assert protocol < 4
        return False
    except Exception:  # fails after it ran
        pass
    return True


@pytest.mark.parametrize("name", list(EXPLOITS)[::3])  # a process each
def test_exploits_are_refused_by_the_conversion(name, canary, tmp_path, extension):
    path, command = canary
    source = tmp_path / "mean_mano_params.pkl"
    source.write_bytes(EXPLOITS[name](2, command))
    (tmp_path / "work").mkdir()
    with pytest.raises(AssetError):
        convert(ASSETS["mean_mano"], source, tmp_path / "work" / "arrays.npz")
    assert not path.exists()
    assert not (tmp_path / "work" / "arrays.npz").exists()


def test_an_extension_that_was_used_before_is_refused(canary, extension):
    path, command = canary
    stream = EXPLOITS["EXT1"](2, command)
    pickle.loads(stream)  # now Python keeps the function, and does not ask for its name again
    path.unlink()
    with pytest.raises(AssetError, match="EXT1"):
        read_pickle(stream)
    assert not path.exists()


def test_the_list_holds_no_function_and_nothing_of_other_packages():
    for (module, name), stand_in in ALLOWED.items():
        assert isinstance(stand_in, type), (module, name)
        assert stand_in.__module__ == "frankmocap_ros.assets.pickled"
        assert not hasattr(
            object.__new__(stand_in) if stand_in.__base__ is not dict else stand_in(), "__dict__"
        )
        with pytest.raises(AssetError):
            stand_in.anything = 1
        with pytest.raises(AssetError):
            del stand_in.__setstate__


def test_names_that_run_code_are_not_on_the_list():
    for module in ("builtins", "__builtin__"):
        assert {name for m, name in ALLOWED if m == module} == {"object", "bytes", "set", "frozenset"}
    assert {module for module, _ in ALLOWED}.isdisjoint(
        {"os", "posix", "nt", "sys", "subprocess", "operator"}
    )


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (b"", "damaged"),
        (b"\x80\x02}", "damaged"),
        (b"\x80\x09}.", "protocol"),
        (b"N.", "NoneType, not a dictionary"),
        (b"\x80\x05\x96" + (1 << 40).to_bytes(8, "little") + b".", "damaged"),
        (b"}r\xff\xff\xff\x7f.", "instructions"),
        (b"}p99999999999\n.", "instructions"),
    ],
)
def test_damaged_streams_say_what_is_wrong(stream, reason):
    with pytest.raises(AssetError, match=reason):
        read_pickle(stream)


@pytest.mark.parametrize(
    ("shape", "raw"),
    [
        ((3,), bytes(16)),
        ((-1, -1), bytes(8)),
        ((1 << 62, 1 << 62), b""),
        ((2.0,), bytes(16)),
        ([2], bytes(16)),
    ],
)
def test_arrays_whose_parts_do_not_fit_are_refused(shape, raw):
    kind, dtype = ALLOWED["numpy", "ndarray"], ALLOWED["numpy", "dtype"]
    with pytest.raises(AssetError):
        kind().__setstate__((1, shape, dtype("f8", False, True), False, raw))


@pytest.mark.parametrize(
    "change",
    [
        {"_shape": (1 << 20, 1 << 20)},
        {"_shape": (-1, 2)},
        {"_shape": (1, 2)},
        {"indices": np.array([0, 9])},
        {"indices": np.array([0, -1])},
        {"indptr": np.array([0, 1, 3])},
        {"indptr": np.array([0, 3, 2])},
        {"indptr": np.array([0.0, 1.0, 2.0])},
        {"data": np.arange(3.0)},
    ],
)
def test_sparse_matrices_whose_parts_do_not_fit_are_refused(change, monkeypatch):
    matrix = _fake_class(monkeypatch, "scipy.sparse", "csc_matrix")()
    parts = {
        "_shape": (3, 2),
        "data": np.arange(2.0),
        "indices": np.array([0, 2]),
        "indptr": np.array([0, 1, 2]),
    }
    matrix.__dict__.update(parts)
    assert read_pickle(pickle.dumps({"m": matrix}, 2))["m"].shape == (3, 2)
    matrix.__dict__.update(change)
    with pytest.raises(AssetError, match="sparse"):
        read_pickle(pickle.dumps({"m": matrix}, 2))
