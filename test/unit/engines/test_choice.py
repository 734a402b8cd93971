"""Which engine is taken."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.engines import base, choice, measuring
from frankmocap_ros.engines.available import Option, available
from frankmocap_ros.engines.base import ENGINES, EngineOptions
from frankmocap_ros.engines.choice import choose
from frankmocap_ros.engines.measuring import EngineTiming, measure, some_crops, table
from frankmocap_ros.errors import EstimatorError, MissingDependencyError

SLOW, FAST = Option("torch", "fp32", "cpu"), Option("openvino", "bf16", "cpu")
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


@pytest.fixture
def bench(monkeypatch):
    """Options and times as the test says; what was made and measured stands in the lists."""

    class Bench:
        def __init__(self):
            self.options, self.times, self.made, self.measured = [SLOW, ABSENT, FAST], {}, [], 0
            self.fails = ()

    state = Bench()
    state.times = {SLOW: 60.0, FAST: 20.0}

    def make(trunk, option, options):
        if option in state.fails:
            raise EstimatorError("it is broken")
        state.made.append(Fake(option))
        return state.made[-1]

    def fake_measure(engines, crops):
        state.measured += 1
        return sorted((EngineTiming(o, (state.times[o],), 0.01) for o in engines), key=lambda row: row.p50_ms)

    def listed(trunk, options, engines=ENGINES):
        return [option for option in state.options if option.engine in engines]

    monkeypatch.setattr(choice, "available", listed)
    monkeypatch.setattr(choice, "make", make)
    monkeypatch.setattr(choice, "measure", fake_measure)
    monkeypatch.setattr(choice, "usual_device", lambda _: "cpu")
    return state


def test_the_fastest_is_taken_and_the_others_are_closed(bench, trunk, options):
    found = choose(trunk, options=options)
    assert (found.option, found.measured) == (FAST, True)
    assert [(engine.name, engine.closed) for engine in bench.made] == [("torch", True), ("openvino", False)]
    lines = found.text.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["openvino", "torch", "tensorrt"]
    assert "<- taken" in lines[1]
    assert "pip install it" in lines[3]


@pytest.mark.parametrize("openvino_runs", [True, False])
def test_onnxruntime_is_measured_where_openvino_is_not_there(bench, trunk, options, openvino_runs):
    onnx = Option("onnxruntime", "fp32", "cpu")
    problem = None if openvino_runs else MissingDependencyError("run: pip install it")
    bench.options = [SLOW, onnx, Option("openvino", "bf16", "cpu", problem=problem)]
    bench.times |= {onnx: 1.0, bench.options[-1]: 20.0}
    assert choose(trunk, options=options).option.engine == ("openvino" if openvino_runs else "onnxruntime")
    assert choose(trunk, "onnxruntime", options=options).option == onnx


def test_measured_once(bench, trunk, options):
    first, second = (choose(trunk, options=options) for _ in range(2))
    assert bench.measured == 1
    assert (second.option, second.measured) == (FAST, False)
    assert second.text.startswith(first.text)
    assert "found out before" in second.text
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


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"chosen": {"engine": "gone"}, "table": ""}'])
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
    monkeypatch.setattr(choice, "available", pytest.fail)
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
            r"int8 is not what engines have on device cpu; allowed there: auto \| fp32 \| bf16$",
        ),
        ("torch", "int8", r"int8 is not what torch has on device cpu; allowed there: auto \| fp32$"),
    ],
)
def test_settings_that_cannot_be_met(bench, trunk, options, engine, precision, text):
    with pytest.raises(EstimatorError, match=text):
        choose(trunk, engine, precision, options)


def test_every_reason_is_in_the_refusal(bench, trunk, options):
    other = Option("openvino", "fp32", "cpu", problem=EstimatorError("no openvino"))
    bench.options = [ABSENT, other]
    with pytest.raises(EstimatorError, match="pip install it; no openvino"):
        choose(trunk, options=options)
    bench.options = [ABSENT, Option("torch", "fp32", "cpu", problem=MissingDependencyError("no torch"))]
    with pytest.raises(MissingDependencyError, match="no torch"):
        choose(trunk, options=options)


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
        {FAST: Fake(FAST, features=features), SLOW: Fake(SLOW)}, np.zeros((1, 8, 8, 3), np.uint8), 1
    )
    assert [row.option for row in rows] == [SLOW, FAST]
    assert rows[0].difference == 0.0
    assert text in rows[1].failed
    assert text in table(rows)


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
    assert before.option.precision != "int8"
    assert "openvino int8: precision: int8 needs" in before.text
    int8.quantize(trunk, crops, options).keep()
    assert int8_option().problem is None
    after = choose(trunk, "openvino", "auto", options)
    assert after.measured
    assert any(line.split()[:2] == ["openvino", "int8"] for line in after.text.splitlines()[1:])
    assert choose(trunk, "openvino", "int8", options).engine.precision == "int8"


def test_all_that_is_here(trunk, options, crops, expected):
    """Whatever auto takes, the numbers are the network's."""
    found = choose(trunk, options=options)
    for n in (0, 1, 4):
        np.testing.assert_allclose(found.engine(crops[:n]), expected[:n], atol=0.03 * expected.max())
    found.engine.close()
    again = choose(trunk, options=options)
    assert again.option.text == found.option.text
    assert not again.measured
