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

"""How programs end: what a user can mend is one line with the next step, and the rest keeps its traceback."""

import errno
import os
import pwd
import signal
import subprocess
import sys
import time

import pytest

from frankmocap_ros.cli.ending import ended
from frankmocap_ros.cli.lines import LineWriter, line_writer
from frankmocap_ros.errors import AssetError, MocapError, SettingError
from frankmocap_ros.runtime.file_cache import cache_folder


def ending(capsys, error):
    def fail():
        raise error

    code = ended("program", fail)
    out, text = capsys.readouterr()
    assert out == ""
    (line,) = text.splitlines()
    assert line.startswith("program: ")
    return code, line


def no_library(name):
    return ImportError(f"{name}: cannot open shared object file: No such file or directory", name="cv2")


CASES = [
    (SettingError("a: 5 is out of range; allowed: 1 .. 3"), 2, "a: 5 is out of range"),
    (KeyboardInterrupt(), 130, "interrupted"),
    (OSError(errno.ENOSPC, "No space left on device"), 2, "free some space"),
    (OSError(errno.EROFS, "Read-only file system", "/x"), 2, "/x: Read-only file system; choose a writable"),
    (PermissionError(errno.EACCES, "Permission denied", b"\xff"), 2, r"\xff: Permission denied; check"),
    (ModuleNotFoundError("No module named 'cv2'", name="cv2"), 2, "OpenCV does not load: No module"),
    (ModuleNotFoundError("No module named 'yaml'", name="yaml.nodes"), 2, "reinstall yaml"),
    (no_library("libGL.so.1"), 2, "apt install libgl1"),
    (no_library("libgthread-2.0.so.0"), 2, "apt install libglib2.0-0"),
    (no_library("libxyz.so.7"), 2, "install the package that provides libxyz.so.7"),
]


@pytest.mark.parametrize(("error", "code", "words"), CASES)
def test_one_line_with_the_next_step(capsys, error, code, words):
    found, line = ending(capsys, error)
    assert found == code
    assert words in line


@pytest.mark.parametrize(
    "error",
    [
        ZeroDivisionError(),
        ImportError("cannot import name 'x' from 'frankmocap_ros.errors'", name="frankmocap_ros.errors"),
    ],
)
def test_faults_of_this_package_keep_their_traceback(error):
    def fail():
        raise error

    with pytest.raises(type(error)):
        ended("program", fail)


def test_a_code_is_handed_on(capsys):
    assert ended("program", lambda: 1) == 1
    assert ended("program", lambda: print("größe \udcff") or 0) == 0
    assert capsys.readouterr().out == "größe \\udcff\n"


# ---------------------------------------------------------------- lines


def test_lines_are_written_at_once(tmp_path):
    path = tmp_path / "out"
    with line_writer(str(path)) as out:
        out.write("one")
        assert path.read_text() == "one\n"
        out.write("x" * 100_000)
        assert path.read_text() == f"one\n{'x' * 100_000}\n"
        assert out.count == 2


def full_after(monkeypatch, limit):
    """A disk that is full after so many bytes; a write that reaches it is short."""
    real, left = os.write, [limit]

    def write(descriptor, data):
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = real(descriptor, data[: left[0]])
        left[0] -= done
        return done

    monkeypatch.setattr("frankmocap_ros.cli.lines.os.write", write)


def test_what_a_full_disk_holds_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "out"
    with monkeypatch.context() as patch:
        full_after(patch, 25)
        with line_writer(str(path)) as out:
            out.write("0123456789")
            out.write("0123456789")
            with pytest.raises(MocapError, match=r"--out .*: No space left on device; free some space"):
                out.write("0123456789")
    assert path.read_text() == 2 * "0123456789\n"


def test_an_interrupted_line_is_written_to_its_end(tmp_path, monkeypatch):
    real = os.write

    def write(descriptor, data):
        os.kill(os.getpid(), signal.SIGINT)
        return real(descriptor, data[:4])  # short, as in a pipe

    path = tmp_path / "out"
    with monkeypatch.context() as patch, line_writer(str(path)) as out:
        patch.setattr("frankmocap_ros.cli.lines.os.write", write)
        with pytest.raises(KeyboardInterrupt):
            out.write("012")
    assert path.read_text() == "012\n"
    assert out.count == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_does_not_wait(tmp_path, monkeypatch):
    def write(descriptor, data):
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0)
        raise AssertionError

    path = tmp_path / "out"
    with monkeypatch.context() as patch, line_writer(str(path)) as out:
        patch.setattr("frankmocap_ros.cli.lines.os.write", write)
        with pytest.raises(KeyboardInterrupt):
            out.write("012")
    assert path.read_text() == ""
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_pipe_that_nobody_reads():
    read, write = os.pipe()
    os.close(read)
    with pytest.raises(BrokenPipeError):
        LineWriter(write, "standard output").write("line")
    os.close(write)


# ---------------------------------------------------------------- places


def test_no_place_for_converted_files(monkeypatch):
    def nobody(_):
        raise KeyError

    for name in ("HOME", "FRANKMOCAP_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    with pytest.raises(AssetError, match=r"home folder is unknown; set HOME.*or set FRANKMOCAP_CACHE_DIR"):
        cache_folder()
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert str(cache_folder()) == "/x/frankmocap_ros"
    monkeypatch.setenv("FRANKMOCAP_CACHE_DIR", "/y\udcff")
    with pytest.raises(AssetError, match=r"/y\\xff has a name that is not UTF-8; set FRANKMOCAP_CACHE_DIR"):
        cache_folder()


# The commands themselves, as processes

PROCESS = ("process", "synthetic", "--estimator", "synthetic")
NOBODY = "import pwd\ndef nobody(*_):\n    raise KeyError\npwd.getpwuid = nobody\n"  # a user without an entry


def command(tmp_path, *words, start="", **how):
    """The program in a folder of its own."""
    program = f"{start}import sys\nfrom frankmocap_ros.cli.main import main\nsys.exit(main(sys.argv[1:]))\n"
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **how}
    return subprocess.Popen([sys.executable, "-c", program, *words], cwd=tmp_path, **how)


def finished(process):
    out, err = process.communicate(timeout=150)
    assert "Traceback" not in err
    return process.returncode, out, err


def without_home(**more):
    places = ("HOME", "FRANKMOCAP_CACHE_DIR", "XDG_CACHE_HOME")
    return {**{name: value for name, value in os.environ.items() if name not in places}, **more}


def test_a_full_device(tmp_path):
    code, _, err = finished(command(tmp_path, *PROCESS, "--max-frames", "2", "--out", "/dev/full"))
    assert code == 2
    reason = "No space left on device; free some space, or choose another location"
    assert err == f"frankmocap_ros process: --out /dev/full: {reason}\n"
    with open("/dev/full", "wb") as full:
        code, _, err = finished(command(tmp_path, *PROCESS, "--max-frames", "2", stdout=full))
        assert code == 2
        assert err.startswith("frankmocap_ros process: standard output: No space left on device; free")
        assert len(err.splitlines()) == 1
        code, _, err = finished(command(tmp_path, "convert", "--assets", str(tmp_path), stdout=full))
        assert (code, err.count("\n"), "No space left" in err) == (2, 1, True)


def test_an_interrupt_leaves_whole_lines(tmp_path):
    out = tmp_path / "out.jsonl"
    running = command(tmp_path, *PROCESS, "--out", str(out))
    end_s = time.monotonic() + 60.0
    while not (out.exists() and out.read_bytes().count(b"\n") > 2):
        assert running.poll() is None
        assert time.monotonic() < end_s
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    code, _, err = finished(running)
    assert code == 130
    lines = out.read_text()
    assert lines.endswith("}\n")
    assert f"interrupted after {lines.count(chr(10))} frames, all of them written" in err
    assert len(err.splitlines()) == 1


def test_an_interrupt_while_it_loads(tmp_path):
    start = """
import sys
class Finder:
    def find_spec(self, name, *_):
        if name == "cv2":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Finder())
"""
    code, _, err = finished(command(tmp_path, *PROCESS, start=start))
    assert (code, err) == (130, "frankmocap_ros process: interrupted\n")
    code, _, err = finished(command(tmp_path, "node", start=start))  # whose end it is
    assert (code, err) == (0, "")


def test_without_a_home(tmp_path):
    """What needs none runs; what does says which variable to set."""
    run = command(tmp_path, *PROCESS, "--max-frames", "2", start=NOBODY, env=without_home())
    code, out, _ = finished(run)
    assert (code, out.count("\n")) == (0, 2)
    for words, step in (
        (("doctor", "--assets", str(tmp_path)), "FRANKMOCAP_CACHE_DIR"),
        (("convert", "--assets", str(tmp_path)), "FRANKMOCAP_CACHE_DIR"),
        (("convert", "--assets", "~/x"), "set HOME"),
        (("process", "~/x.mp4", "--estimator", "synthetic"), "set HOME"),
    ):
        code, _, err = finished(command(tmp_path, *words, start=NOBODY, env=without_home()))
        assert code == 2
        assert err.splitlines()[-1].startswith(f"frankmocap_ros {words[0]}: ")
        assert step in err
        assert len(err.splitlines()) == 1


def test_a_home_that_cannot_be_written(tmp_path, as_if_real):
    run = command(tmp_path, *PROCESS, "--max-frames", "2", env=without_home(HOME="/proc"))
    assert finished(run)[0] == 0
    environment = without_home(HOME="/proc")
    code, _, err = finished(
        command(
            tmp_path, "process", "synthetic", "--estimator", "frankmocap", "--assets", str(as_if_real),
            env=environment,
        )
    )  # fmt: skip
    assert code == 2
    assert "cannot be written" in err.splitlines()[-1]
    assert "FRANKMOCAP_CACHE_DIR" in err.splitlines()[-1]
