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

"""The bench with ROS: three processes, and ages as a subscriber sees them."""

import json

import pytest

KEYS = {
    "name", "estimator", "engine", "precision", "preset", "cameras", "people", "stages_ms", "total_ms", "fps",
    "rss_mb", "ratio_to_reference",
}  # fmt: skip
PERCENTILES = ("p50", "p95", "p99")


def finished(bench, timeout_s: float = 120.0) -> tuple[int, str]:
    return bench.process.wait(timeout_s), bench.text()


def rows(text: str) -> list[dict]:
    return json.loads(text.splitlines()[-1])


@pytest.mark.timed
def test_ages_of_three_seconds(program, tmp_path):
    report = tmp_path / "RESULTS.md"
    words = "bench --ros --source synthetic --estimators synthetic --presets balanced --duration 3 --json"
    code, text = finished(program("frankmocap_ros", *words.split(), "--write", str(report)))
    assert code == 0, text
    (row,) = rows(text)
    assert set(row) >= KEYS
    assert row["name"] == "ros: synthetic balanced"
    assert row["estimator"] == "synthetic"
    assert row["error"] is None
    assert row["people"] == 1
    p50, p95, p99 = (row["total_ms"][name] for name in PERCENTILES)
    assert 0.0 < p50 <= p95 <= p99 <= row["oldest_ms"]
    # an image is older when its bodies are there than the node needed for it
    assert p50 > row["stages_ms"]["regress"]["p50"]
    assert set(row["stages_ms"]) >= {"transport", "wait", "decode", "regress", "post", "publish"}
    assert 30 <= row["frames_received"] <= row["frames_sent"] <= 95
    assert row["frames"] == row["frames_received"]
    assert row["fps"] == pytest.approx(row["frames_received"] / 3.0, rel=0.1)
    assert isinstance(row["dropped"], dict)
    assert row["first50_ratio"] > 0.0
    assert row["first50_oldest_ms"] > row["stages_ms"]["regress"]["p50"]
    assert row["first_sequence"] <= 5  # the subscriber was there when the node began
    assert row["rss_mb"] > 20.0
    assert "memory_growth_mb" not in row
    content = report.read_text()
    assert "<!-- rows: ros -->" in content
    assert "ros: synthetic balanced" in content


def test_a_long_run_after_a_model_that_cannot_be_had(program, tmp_path):
    """That one is a row too, and the next is measured all the same; growth and drift are told."""
    words = "bench --ros --source synthetic --presets balanced --soak 0.05 --json --engines torch"
    code, text = finished(
        program(
            "frankmocap_ros", *words.split(), "--precisions", "fp32", "--assets", str(tmp_path),
            "--estimators", "frankmocap", "synthetic",
        )
    )  # fmt: skip
    assert code == 0, text
    frankmocap, synthetic = rows(text)
    assert "FrankMocap's files are not all in" in frankmocap["error"]
    assert frankmocap["total_ms"] == dict.fromkeys(PERCENTILES)
    assert synthetic["error"] is None
    assert abs(synthetic["memory_growth_mb"]) < synthetic["rss_mb"]
    assert synthetic["p99_drift"] > -1.0
    assert synthetic["frames_received"] >= 30
