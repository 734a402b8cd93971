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

"""Which engine is taken."""

import sys
from dataclasses import asdict, replace

import numpy as np
import pytest

from frankmocap_ros.body.joint_error import JointError
from frankmocap_ros.engines import asked, base, choice, judging, measuring
from frankmocap_ros.engines import available as available_module
from frankmocap_ros.engines.available import Option, available
from frankmocap_ros.engines.base import ENGINES, EngineOptions
from frankmocap_ros.engines.choice import choose
from frankmocap_ros.engines.judging import CAMERA, PHOTOGRAPH
from frankmocap_ros.engines.measuring import EngineTiming, measure, some_crops, table
from frankmocap_ros.engines.question import Comparison
from frankmocap_ros.errors import EstimatorError, MissingDependencyError

SLOW, FAST = Option("torch", "fp32", "cpu"), Option("openvino", "fp32", "cpu")
HALF = Option("openvino", "bf16", "cpu")
ABSENT = Option("tensorrt", "fp32", "cpu", problem=MissingDependencyError("run: pip install it"))


class Fake:
    """An engine that says what it is and writes down its calls."""

    def __init__(self, option, log=None, features=None):
        self.name, self.precision, self.device = option.engine, option.precision, option.device
        self.log = [] if log is None else log
        self.features = np.ones((1, 4), np.float32) if features is None else features
        self.closed = False

    def __call__(self, crops):
        self.log.append(self.name)
        if isinstance(self.features, Exception):
            raise self.features
        return self.features

    def close(self):
        self.closed = True


def error(mm, crops=30):
    """An error whose mean is so many millimeters."""
    return JointError(mean_mm=mm, p99_mm=2.0 * mm, max_mm=3.0 * mm, moves_mm=100.0, crops=crops)


class FakeJudge:
    """Features are meters at a joint."""

    key = "a judge"

    def __init__(self, n=30):
        self.n, self.looked = n, 0

    def crops(self):
        self.looked += 1
        return np.zeros((self.n, 32, 32, 3), np.uint8)

    def error(self, found, exact):
        return error(1e3 * float(np.abs(found - exact).max()), len(found))


@pytest.fixture
def bench(monkeypatch):
    """Options and times as the test says; what was made and measured stands in the lists."""

    class Bench:
        def __init__(self):
            self.options, self.times, self.made, self.measured = [SLOW, ABSENT, FAST], {}, [], 0
            self.fails = ()
            self.off_mm = {}  # where an option moves the joints

        def has(self, **off_mm):
            """Another option each, the fastest first: its precision, and how far it moves joints."""
            for i, (precision, mm) in enumerate(off_mm.items()):
                option = replace(HALF, precision=precision)
                self.options.append(option)
                self.times[option], self.off_mm[option] = 5.0 + i, mm
            return self.options[-len(off_mm) :]

    state = Bench()
    state.times = {SLOW: 60.0, FAST: 20.0}

    def make(trunk, option, options):
        if option in state.fails:
            raise EstimatorError("it is broken")
        features = np.ones((1, 4), np.float32) + 1e-3 * state.off_mm.get(option, 0.0)
        state.made.append(Fake(option, features=features.astype(np.float32)))
        return state.made[-1]

    def fake_measure(engines, crops):
        state.measured += 1
        return sorted((EngineTiming(o, (state.times[o],), 0.01) for o in engines), key=lambda row: row.p50_ms)

    def listed(trunk, options, engines=ENGINES):
        return [option for option in state.options if option.engine in engines]

    monkeypatch.setattr(asked, "available", listed)
    monkeypatch.setattr(choice, "make", make)
    monkeypatch.setattr(choice, "measure", fake_measure)
    for module in (asked, choice):
        monkeypatch.setattr(module, "usual_device", lambda _: "cpu")
    return state


def test_the_fastest_is_taken_and_the_others_are_closed(bench, trunk, options):
    found = choose(trunk, options=options)
    assert (found.option, found.measured) == (FAST, True)
    assert [(engine.name, engine.closed) for engine in bench.made] == [("torch", True), ("openvino", False)]
    lines = found.text.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["openvino", "torch", "tensorrt", "taken:"]
    assert "pip install it" in lines[3]
    assert lines[4] == "  taken: openvino fp32"


@pytest.mark.parametrize("openvino_runs", [True, False])
def test_onnxruntime_is_measured_where_openvino_is_not_there(bench, trunk, options, openvino_runs):
    onnx = Option("onnxruntime", "fp32", "cpu")
    problem = None if openvino_runs else MissingDependencyError("run: pip install it")
    bench.options = [SLOW, onnx, Option("openvino", "fp32", "cpu", problem=problem)]
    bench.times |= {onnx: 1.0, bench.options[-1]: 20.0}
    assert choose(trunk, options=options).option.engine == ("openvino" if openvino_runs else "onnxruntime")
    assert choose(trunk, "onnxruntime", options=options).option == onnx


def test_measured_once(bench, trunk, options):
    first, second = (choose(trunk, options=options) for _ in range(2))
    assert bench.measured == 1
    assert (second.option, second.measured) == (FAST, False)
    assert second.text.splitlines()[:4] == first.text.splitlines()[:4]
    assert "measured before" in second.text
    assert [engine.name for engine in bench.made] == ["torch", "openvino", "openvino"]


def test_another_may_measure_first(bench, trunk, options):
    asked = []

    def prepare():
        asked.append(bench.measured)
        choose(trunk, options=options)

    preparing = replace(options, prepare=prepare)
    assert [choose(trunk, options=preparing).measured for _ in range(2)] == [False, False]
    assert (bench.measured, asked) == (1, [0])
    nothing_came = EngineOptions("cpu", cache=options.cache / "other", prepare=lambda: asked.append("asked"))
    assert choose(trunk, options=nothing_came).measured
    assert (bench.measured, asked) == (2, [0, "asked"])
    assert choose(trunk, "torch", "fp32", nothing_came).option == SLOW
    assert asked == [0, "asked"]  # nothing to find out: nothing to prepare


@pytest.mark.parametrize("change", ["versions", "cpu", "threads", "batch", "weights"])
def test_measured_again_where_something_changed(bench, trunk, options, monkeypatch, change):
    choose(trunk, options=options)
    if change == "versions":
        monkeypatch.setattr(choice, "versions", lambda _: {"openvino": "another"})
    elif change == "cpu":
        monkeypatch.setattr(choice, "cpu_name", lambda: "another")
    elif change == "threads":
        options = EngineOptions("cpu", options.threads + 1, cache=options.cache)
    elif change == "batch":
        options = EngineOptions("cpu", batch=2, cache=options.cache)
    else:
        trunk = base.Trunk(trunk.build, "7" * 64, trunk.outputs, trunk.side_px)
    assert choose(trunk, options=options).measured
    assert bench.measured == 2


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "{}", '{"options": [], "text": ""}', '{"options": [{"engine": "gone"}], "text": ""}',
        '{"options": [{"engine": "openvino", "precision": "bf16", "device": "cpu"}], "text": ""}',
    ],
)  # fmt: skip
def test_measured_again_where_the_file_is_damaged(bench, trunk, options, content):
    choose(trunk, options=options)
    (path,) = options.cache.glob("choice-*.json")
    path.write_text(content)
    assert choose(trunk, options=options).measured
    assert not choose(trunk, options=options).measured


def test_a_cache_that_cannot_be_written_costs_a_measurement(bench, trunk, tmp_path):
    (tmp_path / "file").write_text("")
    options = EngineOptions("cpu", cache=tmp_path / "file")
    assert choose(trunk, options=options).measured
    assert choose(trunk, options=options).measured


def test_what_does_not_load_any_more_is_measured_anew(bench, trunk, options):
    choose(trunk, options=options)
    bench.fails = (FAST,)
    found = choose(trunk, options=options)
    assert (found.option, found.measured) == (SLOW, True)
    assert "it is broken" in found.text


def test_nothing_loads(bench, trunk, options):
    bench.fails = (FAST, SLOW)
    with pytest.raises(EstimatorError, match="no engine runs here"):
        choose(trunk, options=options)


def test_what_was_chosen_before_is_taken_without_a_look_at_the_others(bench, trunk, options, monkeypatch):
    """Looking imports torch, which a model that was translated does not need."""
    first = choose(trunk, options=options)
    only = choose(trunk, "torch", options=options)
    monkeypatch.setattr(asked, "available", pytest.fail)
    assert choose(trunk, options=options).option == first.option
    assert choose(trunk, "torch", options=options).option == only.option
    monkeypatch.undo()
    assert bench.measured == 1


def test_a_named_engine_is_not_measured(bench, trunk, options):
    found = choose(trunk, "torch", "fp32", options)
    assert (found.option, found.measured, bench.measured) == (SLOW, False, 0)
    assert [engine.name for engine in bench.made] == ["torch"]


def test_a_named_engine_that_is_absent_is_never_another(bench, trunk, options):
    for precision in ("auto", "fp32"):
        with pytest.raises(MissingDependencyError, match="pip install it"):
            choose(trunk, "tensorrt", precision, options)
    bench.fails = (FAST,)
    with pytest.raises(EstimatorError, match="it is broken"):
        choose(trunk, "openvino", "auto", options)
    assert bench.made == []


@pytest.mark.parametrize(
    ("engine", "precision", "text"),
    [
        ("tensorflow", "auto", r"engine: 'tensorflow' is not known; allowed: auto \| torch"),
        ("auto", "fp8", r"precision: 'fp8' is not known; allowed: auto \| fp32"),
        (
            "auto",
            "int8",
            r"int8 is not what engines have on device cpu; allowed there: auto \| fp32$",
        ),
        ("torch", "int8", r"int8 is not what torch has on device cpu; allowed there: auto \| fp32$"),
    ],
)
def test_settings_that_cannot_be_met(bench, trunk, options, engine, precision, text):
    with pytest.raises(EstimatorError, match=text):
        choose(trunk, engine, precision, options)


def test_every_reason_is_in_the_refusal(bench, trunk, options):
    other = Option("openvino", "bf16", "cpu", problem=EstimatorError("no openvino"))
    bench.options = [ABSENT, other]
    with pytest.raises(EstimatorError, match="pip install it; no openvino"):
        choose(trunk, options=options)
    bench.options = [ABSENT, Option("torch", "fp32", "cpu", problem=MissingDependencyError("no torch"))]
    with pytest.raises(MissingDependencyError, match="no torch"):
        choose(trunk, options=options)


# precisions: by joints, in two steps


def test_without_a_judge_auto_is_float32(bench, trunk, options):
    bench.has(bf16=0.1)
    found = choose(trunk, options=options)
    assert found.option == FAST
    assert found.question.comparison is None


def test_auto_is_float32_until_the_camera_has_seen_people(bench, trunk, options):
    """And then the fastest, without another measurement."""
    (half,) = bench.has(bf16=0.5)
    judge = FakeJudge()
    before = choose(trunk, options=options, judge=judge)
    assert before.option == FAST
    assert before.question.comparison == Comparison(half, FAST)
    assert before.question.known.of(half)[PHOTOGRAPH].mean_mm == pytest.approx(0.5, abs=1e-3)
    assert (
        "after a comparison on the camera's images: openvino bf16, joints differ from fp32 by 0.5"
        in before.text
    )
    assert "(photograph)" in before.text

    before.question.known.add(half, CAMERA, error(4.9))
    assert before.question.answer == half
    after = choose(trunk, options=options, judge=judge)
    assert (after.option, after.question.comparison) == (half, None)
    assert "taken: openvino bf16, joints differ from fp32 by 4.9 mm mean, 9.8 mm p99" in after.text
    assert (bench.measured, judge.looked) == (1, 1)


@pytest.mark.parametrize("where", [PHOTOGRAPH, CAMERA])
@pytest.mark.parametrize(
    "off", [error(82.0), error(5.1), replace(error(1.0), p99_mm=20.1), error(float("nan"))]
)
def test_joints_that_move_too_far_keep_auto_at_float32(bench, trunk, options, where, off):
    """However fast it is, and however small the difference of the features."""
    (half,) = bench.has(bf16=0.0)
    judge = FakeJudge()
    judge.error = lambda *_: off if where == PHOTOGRAPH else error(0.1)
    found = choose(trunk, options=options, judge=judge)
    assert found.option == FAST
    if where == CAMERA:
        found.question.known.add(half, CAMERA, off)
    for again in (found, choose(trunk, options=options, judge=judge)):
        assert (again.option, again.question.answer, again.question.comparison) == (FAST, FAST, None)
        (refused,) = again.question.refused
        assert refused.startswith("openvino bf16 is not taken: joints differ from fp32 by")
        assert refused.endswith(f"({where}), allowed are 5 mm mean and 20 mm p99")
    assert refused in again.text
    assert judge.looked == 1


def test_what_is_not_as_far_off_takes_its_place(bench, trunk, options):
    int8, half = bench.has(int8=83.0, bf16=0.5)
    found = choose(trunk, options=options, judge=FakeJudge())
    assert found.question.comparison == Comparison(half, FAST)
    found.question.known.add(half, CAMERA, error(0.5))
    assert choose(trunk, options=options, judge=FakeJudge()).option == half
    assert found.question.known.of(int8)[PHOTOGRAPH].mean_mm == pytest.approx(83.0, abs=1e-2)


def test_what_is_proven_runs_while_something_faster_is_looked_at(bench, trunk, options):
    int8, half = bench.has(int8=0.5, bf16=0.5)
    found = choose(trunk, options=options, judge=FakeJudge())
    found.question.known.add(half, CAMERA, error(0.5))
    found = choose(trunk, options=options, judge=FakeJudge())
    assert found.option == half
    assert found.question.comparison == Comparison(int8, FAST)


@pytest.mark.parametrize("crops", [0, EstimatorError("no detector")])
def test_where_nobody_is_in_the_photograph_the_camera_decides(bench, trunk, options, crops):
    (half,) = bench.has(bf16=0.5)
    judge = FakeJudge(0)
    if crops:
        judge.crops = lambda: (_ for _ in ()).throw(crops)
    found = choose(trunk, options=options, judge=judge)
    assert found.option == FAST
    assert found.question.known.of(half) == {}
    assert found.question.comparison == Comparison(half, FAST)


def test_an_engine_that_breaks_on_people_is_not_taken(bench, trunk, options, monkeypatch):
    bench.has(bf16=0.5)
    monkeypatch.setattr(FakeJudge, "error", lambda *_: (_ for _ in ()).throw(ValueError("no such batch")))
    found = choose(trunk, options=options, judge=FakeJudge())
    assert (found.option, found.question.comparison) == (FAST, None)
    assert "openvino bf16: not compared with openvino fp32: ValueError: no such batch" in found.text


def test_nothing_but_fewer_bits_is_not_enough_for_auto(bench, trunk, options):
    bench.has(bf16=0.5)
    bench.fails = (SLOW, FAST)
    with pytest.raises(EstimatorError, match="no engine runs here in fp32, which auto needs"):
        choose(trunk, options=options, judge=FakeJudge())
    assert all(engine.closed for engine in bench.made)


@pytest.mark.parametrize("engine", ["openvino", "auto"])
def test_a_named_precision_is_taken_and_its_error_told(bench, trunk, options, engine):
    (half,) = bench.has(bf16=82.0)
    judge = FakeJudge()
    found = choose(trunk, engine, "bf16", options, judge)
    assert found.option == half
    assert "taken: openvino bf16, joints differ from fp32 by 82 mm mean" in found.text
    assert found.question.comparison == Comparison(half, FAST)
    assert [e.precision for e in bench.made if not e.closed] == ["bf16"]
    again = choose(trunk, engine, "bf16", options, judge)
    assert "joints differ from fp32 by 82 mm mean" in again.text
    assert judge.looked == 1  # and remembered
    again.question.known.add(half, CAMERA, error(90.0))
    assert again.question.comparison is None
    assert "(camera)" in choose(trunk, engine, "bf16", options, judge).text


def test_a_named_precision_runs_where_float32_does_not(bench, trunk, options):
    bench.has(bf16=0.5)
    bench.fails = (FAST,)
    found = choose(trunk, "openvino", "bf16", options, FakeJudge())
    assert found.option == HALF
    assert "not compared with openvino fp32: EstimatorError: it is broken" in found.text
    assert "joints were not compared with fp32" in found.text


@pytest.mark.parametrize("change", ["limits", "judge", "versions"])
def test_judged_again_where_something_changed(bench, trunk, options, monkeypatch, change):
    """Limits too: what others allowed is not allowed by that."""
    bench.has(bf16=0.5)
    judge = FakeJudge()
    choose(trunk, options=options, judge=judge).question.known.add(HALF, CAMERA, error(0.5))
    assert choose(trunk, options=options, judge=judge).option == HALF
    if change == "limits":
        for module in (choice, judging):
            monkeypatch.setattr(module, "LIMITS", "2: less")
    elif change == "judge":
        judge.key = "another body model"
    else:
        monkeypatch.setattr(choice, "versions", lambda _: {"openvino": "another"})
    assert choose(trunk, options=options, judge=judge).option == FAST
    assert judge.looked == 2


@pytest.mark.parametrize("content", ["", "[]", '{"errors": 3}', '{"errors": {"camera": {"mean_mm": "0"}}}'])
def test_a_damaged_file_proves_nothing(bench, trunk, options, content):
    bench.has(bf16=0.5)
    choose(trunk, options=options, judge=FakeJudge()).question.known.add(HALF, CAMERA, error(0.5))
    (path,) = options.cache.glob("errors-*.json")
    path.write_text(content)
    assert choose(trunk, options=options, judge=FakeJudge()).option == FAST


def test_what_cannot_be_written_is_known_to_this_process(bench, trunk, tmp_path):
    """Otherwise a node would load the same model again and again."""
    (tmp_path / "file").write_text("")
    options = EngineOptions("cpu", cache=tmp_path / "file")
    bench.has(bf16=0.5)
    choose(trunk, options=options, judge=FakeJudge()).question.known.add(HALF, CAMERA, error(0.5))
    assert choose(trunk, options=options, judge=FakeJudge()).option == HALF


def test_engines_run_in_turns():
    log = []
    rows = measure({SLOW: Fake(SLOW, log), FAST: Fake(FAST, log)}, np.zeros((1, 8, 8, 3), np.uint8), rounds=2)
    warm, turns = log[:6], log[6:]
    assert warm == ["torch"] * 3 + ["openvino"] * 3
    assert turns == (["torch"] * 3 + ["openvino"] * 3) * 2
    assert [len(row.times_ms) for row in rows] == [4, 4]


def test_times_are_those_of_the_engine(monkeypatch):
    clock = iter(np.arange(100) * 0.007)
    monkeypatch.setattr(measuring.time, "perf_counter", lambda: next(clock))
    (row,) = measure({SLOW: Fake(SLOW)}, np.zeros((1, 8, 8, 3), np.uint8), rounds=3)
    np.testing.assert_allclose(row.times_ms, 7.0)
    assert row.p50_ms == pytest.approx(7.0)


@pytest.mark.parametrize(
    ("features", "text"),
    [
        (np.full((1, 4), np.nan, np.float32), "not finite"),
        (np.full((1, 4), 1.5, np.float32), "differs from fp32 by 50 %"),
        (ValueError("no kernel"), "ValueError: no kernel"),
    ],
)
def test_broken_engines_are_not_taken(features, text):
    rows = measure(
        {SLOW: Fake(SLOW), FAST: Fake(FAST, features=features)}, np.zeros((1, 8, 8, 3), np.uint8), 1
    )
    assert [row.option for row in rows] == [SLOW, FAST]
    assert rows[0].difference == 0.0
    assert text in rows[1].failed
    assert text in table(rows)


def test_features_say_nothing_against_fewer_bits():
    """Joints do: those of another network moved by 80 mm where its features differed by a percent."""
    other = Fake(HALF, features=np.full((1, 4), 1.5, np.float32))
    rows = measure({SLOW: Fake(SLOW), HALF: other}, np.zeros((1, 8, 8, 3), np.uint8), 1)
    assert [row.failed for row in rows] == ["", ""]


def test_crops_to_measure_by(trunk):
    crops = some_crops(trunk, 3)
    assert (crops.shape, crops.dtype) == ((3, 32, 32, 3), np.uint8)
    assert crops.std() > 30
    assert not np.array_equal(crops[0], crops[1])


def test_every_engine_is_listed_with_what_stands_in_its_way(trunk, options, monkeypatch):
    for package in ("openvino", "onnxruntime"):
        monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(base, "has_bf16", lambda: False)
    found = {(option.engine, option.precision): option for option in available(trunk, options)}
    assert {engine for engine, _ in found} == set(ENGINES)
    assert found["torch", "fp32"].problem is None
    assert "no bfloat16" in found["torch", "bf16"].reason
    assert "pip install 'frankmocap_ros[openvino]'" in found["openvino", "int8"].reason
    assert "pip install 'frankmocap_ros[onnxruntime]'" in found["onnxruntime", "fp32"].reason
    assert "needs device cuda; allowed on this one: auto | torch" in found["tensorrt", "fp16"].reason
    assert {option.engine for option in available(trunk, options, ("torch",))} == {"torch"}
    chosen = choose(trunk, options=options)
    assert chosen.option == found["torch", "fp32"]
    assert not chosen.measured


def test_int8_takes_part_where_somebody_quantized(needs, trunk, options, crops):
    needs("openvino", "nncf")
    from frankmocap_ros.engines import int8

    def int8_option():
        return next(option for option in available(trunk, options) if option.precision == "int8")

    assert "quantized before" in int8_option().reason
    before = choose(trunk, "openvino", "auto", options)
    assert before.option.precision == "fp32"
    assert "openvino int8: precision: int8 needs" in before.text
    quantized = int8.quantize(trunk, crops, options)
    quantized.keep({"joints": asdict(error(0.5))})
    assert int8_option().problem is None
    judge = FakeJudge()
    after = choose(trunk, "openvino", "auto", options, judge)
    assert after.measured
    assert any(line.split()[:2] == ["openvino", "int8"] for line in after.text.splitlines()[1:])
    named = choose(trunk, "openvino", "int8", options, judge)
    assert named.engine.precision == "int8"
    # its error was measured when it was quantized: nobody is looked for
    assert named.question.known.of(named.option) == {"calibration": error(0.5)}
    assert named.question.comparison == Comparison(named.option, FAST)
    quantized.keep({"joints": asdict(error(80.0))})
    far = choose(trunk, "openvino", "auto", options, judge).question
    assert all(option.precision != "int8" or option.text in " ".join(far.refused) for option in far.options)


def test_all_that_is_here(trunk, options, crops, expected):
    """Whatever auto takes, the numbers are the network's."""
    found = choose(trunk, options=options)
    for n in (0, 1, 4):
        np.testing.assert_allclose(found.engine(crops[:n]), expected[:n], atol=0.03 * expected.max())
    found.engine.close()
    again = choose(trunk, options=options)
    assert again.option.text == found.option.text
    assert not again.measured


# what fails on a GPU


class OutOfMemoryError(RuntimeError):
    """As torch's, which is none of this package's."""


@pytest.mark.parametrize("when", ["made", "run"])
def test_a_remembered_choice_that_fails_is_measured_again(bench, trunk, options, monkeypatch, when):
    """Others may have the GPU's memory by now; something else still runs."""
    choose(trunk, options=options)
    told, before = [], choice.make

    def make(trunk, option, options):
        if option == FAST and when == "made":
            raise OutOfMemoryError("CUDA out of memory")
        engine = before(trunk, option, options)
        if option == FAST:
            engine.features = OutOfMemoryError("CUDA out of memory")
        return engine

    monkeypatch.setattr(choice, "make", make)
    monkeypatch.setattr(choice, "measure", measure)
    found = choose(trunk, options=replace(options, tell=told.append))
    assert (found.option, found.measured) == (SLOW, True)
    assert told == [
        "what was chosen before does not run now (OutOfMemoryError: CUDA out of memory); measuring again"
    ]
    assert all(engine.closed for engine in bench.made if engine.name == "openvino" and engine.log)
    assert choose(trunk, options=options).option == SLOW


class Failing(Fake):
    """An engine that runs so many times."""

    def __init__(self, option, runs):
        super().__init__(option)
        self.runs = runs

    def __call__(self, crops):
        self.runs -= 1
        if self.runs < 0:
            raise RuntimeError("CUDA error: launch failure")
        return super().__call__(crops)


@pytest.mark.parametrize("runs", [0, 2, 3, 5])
def test_an_error_of_one_engine_does_not_end_the_measuring_of_the_others(runs):
    """In whichever run: while it warms up, or between others' turns."""
    rows = measure({FAST: Failing(FAST, runs), SLOW: Fake(SLOW)}, np.zeros((1, 8, 8, 3), np.uint8), rounds=3)
    assert [(row.option, len(row.times_ms)) for row in rows] == [(SLOW, 6), (FAST, 0)]
    assert rows[1].failed == "RuntimeError: CUDA error: launch failure"


def test_an_engine_that_takes_the_gpu_away_is_left_out_the_next_time(bench, trunk, options, monkeypatch):
    """CUDA's errors stay with a process: nothing else can be measured in it, and nothing else is blamed."""
    breaking, other = Option("tensorrt", "fp32", "cuda"), Option("torch", "fp32", "cuda", "graph")
    bench.options = [other, breaking, replace(other, variant="compile+graph")]
    lost = [True]

    def make(trunk, option, options):
        engine = Failing(option, 4) if option == breaking else Fake(option)
        bench.made.append(engine)
        return engine

    monkeypatch.setattr(choice, "make", make)
    monkeypatch.setattr(choice, "measure", measure)
    monkeypatch.setattr(measuring, "gpu_is_lost", lambda: lost[0])
    text = r"tensorrt fp32 left this process without its GPU \(RuntimeError: CUDA error: launch.*start again"
    for module in (asked, choice):
        monkeypatch.setattr(module, "usual_device", lambda _: "cuda")
    monkeypatch.setattr(choice, "_machine", lambda _: {"gpu": "a GPU"})
    with pytest.raises(measuring.GpuLostError, match=text):
        choose(trunk, options=options)
    assert all(engine.closed for engine in bench.made)
    lost[0] = False
    found = choose(trunk, options=options)
    assert found.option.engine == "torch"
    assert "tensorrt fp32: it once left a process without its GPU; to try it again, remove" in found.text


def test_an_old_gpu_has_no_bfloat16(trunk, options, monkeypatch):
    torch = pytest.importorskip("torch")
    for name in ("usual_device", "can_export", "chosen_provider", "load_tensorrt"):
        monkeypatch.setattr(available_module, name, lambda *_: "cuda")
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "GTX 1080")
    for capability, allowed in (((6, 1), False), ((7, 5), False), ((8, 0), True), ((12, 0), True)):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda c=capability: c)
        found = [
            o for o in available(trunk, replace(options, device="cuda"), ("torch",)) if o.precision == "bf16"
        ]
        assert [option.problem is None for option in found] == [allowed] * 2
        if not allowed:
            number = ".".join(map(str, capability))
            assert f"8.0 or more, GTX 1080 has {number}; allowed: auto | fp32 | fp16" in found[0].reason
