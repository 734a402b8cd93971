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

"""The check of the GPU: without one, rehearsed on the CPU, and where parts fail, crash or take too long."""

import json
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: the check of the GPU was not tested")

from frankmocap_ros.bench import gpu  # noqa: E402
from frankmocap_ros.bench.gpu_check import check as check_module  # noqa: E402
from frankmocap_ros.bench.gpu_check import run  # noqa: E402
from frankmocap_ros.bench.gpu_check.check import Check, Job  # noqa: E402
from frankmocap_ros.bench.gpu_check.parts import PARTS, Part  # noqa: E402
from frankmocap_ros.bench.gpu_check.run import run_check  # noqa: E402
from frankmocap_ros.bench.gpu_check.torch_parts import replays_beside_others  # noqa: E402
from frankmocap_ros.cli.main import main  # noqa: E402
from frankmocap_ros.engines.base import EngineOptions  # noqa: E402
from frankmocap_ros.errors import EstimatorError  # noqa: E402

NO_GPU = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU: what is told without one")
WITHOUT_ROS = """
import sys
sys.path.pop(0)
sys.modules["rclpy"] = None
from frankmocap_ros.cli.main import main
sys.exit(main(["bench", "--gpu-check"]))
"""


@NO_GPU
def test_without_a_gpu_each_part_says_so_and_why():
    """With no ROS in the process, as on a machine that has torch and the wheel only."""
    done = subprocess.run([sys.executable, "-c", WITHOUT_ROS], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    *lines, last = done.stdout.splitlines()
    found = json.loads(last)
    assert found["machine"]["torch"] == torch.__version__
    for part in PARTS:
        assert any(line.startswith(f"[{part}] not run: ") and "no device: there" in line for line in lines), (
            part
        )
    assert {step["part"] for step in found["steps"]} == set(PARTS)
    assert {step["ok"] for step in found["steps"]} == {None}
    assert lines[-1] == f"0 right, 0 wrong, {len(PARTS)} not run"


def test_rehearsed_on_the_cpu():
    said = []
    found = run_check(said.append, "cpu", small=True, parts=("torch eager", "threads", "onnxruntime"))
    assert [step for step in found.steps if step["ok"] is None] == [
        {"part": "threads", "name": "threads", "ok": None, "text": "no device: this part needs a GPU"}
    ]
    assert found.failed == []
    names = [step["name"] for step in found.steps]
    assert "torch eager fp32, 8 crops" in names
    if "onnxruntime cpu fp32: load" in names:
        assert "onnxruntime cpu fp32: two weights in one cache" in names
    eager = [row for row in found.rows if "torch eager" in row.name]
    assert [row.people for row in eager] == [1, 4, 8]
    assert all(row.total_ms["p50"] > 0.0 and row.more["device"] == "cpu" for row in eager)
    assert json.loads(json.dumps(found.record()))["steps"] == found.steps


def play(monkeypatch, code, limit_s=30.0):
    """What is found where the process of a part runs some code; ``say`` sends a line."""
    start = "import json, os, sys, time\nsay = lambda **line: print(json.dumps(line), flush=True)\n"
    monkeypatch.setattr(run, "_CODE", start + code)
    monkeypatch.setattr(
        run, "PARTS", {"one": Part(lambda _: None, limit_s), "two": Part(lambda _: None, 30.0)}
    )
    said = []
    return run_check(said.append, parts=("one", "two")), said


STEP = 'say(kind="step", name="a step", ok=True, text="fine")\n'


def test_a_part_that_crashes_does_not_end_the_others(monkeypatch):
    crash = STEP + 'if "one" in sys.argv[1]:\n    os.kill(os.getpid(), 11)\n'
    found, said = play(monkeypatch, crash)
    assert [(step["part"], step["name"], step["ok"]) for step in found.steps] == [
        ("one", "a step", True), ("one", "one", False), ("two", "a step", True),
    ]  # fmt: skip
    assert said[1] == "[one] WRONG: its process ended (SIGSEGV); its last words stand above"
    assert said[-1] == "2 right, 1 wrong, 0 not run"


def test_stand_in_weights_are_written_for_whole_frames_only(monkeypatch):
    part, written = Part(lambda _: None, 30.0), []
    monkeypatch.setattr(run, "_CODE", "")
    monkeypatch.setattr(run, "PARTS", {"one": part, "two": replace(part, standin=True)})
    run_check(lambda _: None, parts=("one", "two"), write_standin=written.append)
    assert [folder.name for folder in written] == ["standin"]
    assert PARTS["frames"].standin


def test_what_was_found_before_the_time_was_over_is_kept(monkeypatch):
    start = time.monotonic()
    hang = STEP + 'if "one" in sys.argv[1]:\n    time.sleep(60.0)\n'
    found, _ = play(monkeypatch, hang, limit_s=3.0)
    assert time.monotonic() - start < 30.0
    assert [(step["part"], step["ok"], step["text"]) for step in found.steps] == [
        ("one", True, "fine"), ("one", None, "ended after 3 s"), ("two", True, "fine"),
    ]  # fmt: skip
    monkeypatch.setattr(run, "LIMIT_S", 0.5)
    found, _ = play(monkeypatch, STEP)
    assert [step["text"] for step in found.steps] == ["no time left of 0.5 s"] * 2


def test_rows_are_held_against_what_a_gpu_should_do(monkeypatch):
    rows = 'say(kind="machine", found={"gpu": "a GPU"})\n' + "".join(
        f'say(kind="row", name="{name}", precision="fp16", people={people}, times_ms=[{ms}] * 3)\n'
        for name, people, ms in (
            ("regressor torch graph fp16", 1, 0.9), ("regressor torch graph fp16", 8, 9.0),
            ("whole frame, 1 person, 1 camera", 1, 3.5), ("whole frame, 8 people, 1 camera", 8, 6.0),
        )
    )  # fmt: skip
    found, _ = play(monkeypatch, rows)
    assert [row.more.get("target") for row in found.rows[:4]] == [
        "1 ms met", None, "3 ms missed", "6 ms met",
    ]  # fmt: skip
    assert {row.more["device"] for row in found.rows} == {"a GPU"}


@pytest.fixture
def sent():
    return []


@pytest.fixture
def on_cpu(tmp_path, sent):
    return Check(Job("torch eager", "cpu", str(tmp_path), small=True), sent.append)


class Engine:
    """Gives what it is told, from some call on something else."""

    def __init__(self, exact, wrong_from=10**9, off=1.0):
        self.exact, self.wrong_from, self.off, self.calls, self.closed = exact, wrong_from, off, 0, False

    def __call__(self, crops):
        self.calls += 1
        return self.exact[: len(crops)] + (self.off if self.calls > self.wrong_from else 0.0)

    def close(self):
        self.closed = True


@pytest.mark.parametrize("off", [1.0, float("nan")])
def test_wrong_numbers_are_no_success(on_cpu, sent, off):
    engine = Engine(on_cpu.exact, 0, off)
    on_cpu.engine("some engine", lambda: engine, "fp32")
    assert [line["ok"] for line in sent if line["kind"] == "step"] == [True, False, False, False, True]
    assert not any(line["kind"] == "row" for line in sent)
    assert engine.closed


def test_a_lost_gpu_ends_a_part_and_nothing_else_is_blamed(tmp_path, sent, monkeypatch):
    lost = Check(Job("torch eager", "cuda", str(tmp_path), small=True), sent.append)
    monkeypatch.setattr(check_module, "gpu_is_lost", lambda: True)
    with pytest.raises(EstimatorError, match="the GPU is lost to this process"), lost.step("a step"):
        raise RuntimeError("CUDA error: an illegal memory access")
    (step,) = sent
    assert step["text"] == "RuntimeError: CUDA error: an illegal memory access"


def test_replays_that_touch_what_is_not_theirs_are_found(on_cpu, monkeypatch):
    assert replays_beside_others(on_cpu, Engine(on_cpu.exact)) == "100 replays, 200 tensors untouched"
    with pytest.raises(EstimatorError, match="replay 49 gave other numbers than the first"):
        replays_beside_others(on_cpu, Engine(on_cpu.exact, wrong_from=50))
    others, full = [], torch.full
    monkeypatch.setattr(torch, "full", lambda *a, **k: others.append(full(*a, **k)) or others[-1])
    engine = Engine(on_cpu.exact)

    def overwrite(crops):
        if len(others) == 100:
            others[7][3] = 0.5
        return Engine.__call__(engine, crops)

    with pytest.raises(EstimatorError, match="wrote over 1 of 200 tensors of others"):
        replays_beside_others(on_cpu, overwrite)


def test_rows_of_a_report(tmp_path, monkeypatch, capsys):
    row = run._row(run.Report({"gpu": "a GPU"}), "regressor torch graph fp16", "fp16", 1, [0.5, 0.6])
    found = run.Report({"gpu": "a GPU", "torch": "2.13"}, rows=[row])
    monkeypatch.setattr(run, "run_check", lambda *_, **__: found)
    path = tmp_path / "RESULTS.md"
    assert main(["bench", "--gpu-check", "--write", str(path)]) == 0
    text = path.read_text()
    assert "gpu a GPU; torch 2.13." in text
    assert "| gpu check: regressor torch graph fp16, 1 |" in text
    assert json.loads(capsys.readouterr().out)["rows"][0]["target"] == "1 ms met"
    found.steps.append({"part": "x", "name": "x", "ok": False, "text": ""})
    assert main(["bench", "--gpu-check"]) == 1


# rows of the bench


def test_tf32_is_for_its_own_runs_only(on_cpu, monkeypatch):
    from torch.backends import cudnn

    during = []

    class Eager:
        device = "cpu"

        def __call__(self, _):
            during.append(cudnn.allow_tf32)

    monkeypatch.setattr(gpu, "TorchEngine", lambda *_: Eager())
    before = cudnn.allow_tf32
    try:
        for value in (True, False):
            cudnn.allow_tf32 = value
            gpu.Tf32(on_cpu.trunk, EngineOptions(device="cpu"))(np.zeros(1))
            assert cudnn.allow_tf32 == value
    finally:
        cudnn.allow_tf32 = before
    assert during == [True, True]
    assert ("eager", "tf32") in gpu._ROWS
