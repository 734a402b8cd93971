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

"""What is done, what is not done again, and what is written down; without workers."""

import json
import os
from dataclasses import replace

import pytest

from frankmocap_ros.batch.contents import content_of
from frankmocap_ros.batch.files import described, placed
from frankmocap_ros.batch.inputs import Kind, inputs_of
from frankmocap_ros.batch.job import Job, JobFile, Outcome
from frankmocap_ros.batch.journal import NAME, PARTIAL, opened
from frankmocap_ros.batch.run import plan, run
from frankmocap_ros.batch.worker import Worker
from frankmocap_ros.errors import BatchError
from frankmocap_ros.sources.bag import is_bag
from support import batch_jobs

KIND = Kind(lambda path: path.suffix == ".in", lambda path: (path / "one").exists(), ".in")


def once(job, inputs, folder, stop_after=None):
    """Run a batch in this process; returns names of what was begun, and entries."""
    began, entries = [], []

    def runner(job, tasks):
        with batch_jobs.opened(job.values, {}, lambda text: None) as one:
            worker = object.__new__(Worker)
            worker._one = one
            for task in tasks[:stop_after]:
                began.append(task.path.rpartition("/")[2])
                yield worker.do(task)
            if stop_after is not None:
                raise KeyboardInterrupt

    with opened(folder) as journal:
        todo = plan(job, inputs, journal)
        try:
            for entry in run(job, todo, journal, runner):
                entries.append(entry)
        except KeyboardInterrupt:
            pass
    return began, entries, todo


def test_what_is_done_is_not_done_again(tmp_path, inputs):
    job, out = batch_jobs.job(tmp_path), tmp_path / "out"
    paths = inputs(a="x", b="bad", c="x")
    began, entries, _ = once(job, paths, out)
    assert began == ["a.in", "b.in", "c.in"]
    assert [(e.result != "", e.reason) for e in entries] == [
        (True, ""), (False, "b.in is damaged"), (True, ""),
    ]  # fmt: skip
    assert [(out / e.result).read_text() for e in entries if e.result] == ["x", "x"]
    began, _, todo = once(job, paths, out)
    assert began == ["b.in"], "what failed may be mended by now"
    assert [entry.notes["frames"] for entry in todo.done] == [2, 2]


def test_interrupted_and_started_again_it_does_the_rest(tmp_path, inputs):
    job, out = batch_jobs.job(tmp_path), tmp_path / "out"
    paths = inputs(a="x", b="x", c="x")
    assert once(job, paths, out, stop_after=2)[0] == ["a.in", "b.in"]
    with (out / NAME).open("a") as journal:
        journal.write('{"input": "cut off')
    (out / f"{PARTIAL}1-c.txt").write_text("half")
    assert once(job, paths, out)[0] == ["c.in"]
    assert once(job, paths, out)[0] == []
    assert sorted(path.suffix for path in out.iterdir()) == [".jsonl", ".txt", ".txt", ".txt"]


def test_by_content_and_settings(tmp_path, inputs):
    """Another name or time of the same bytes is the same; another setting, file or content is not."""
    job, out = batch_jobs.job(tmp_path), tmp_path / "out"
    (path,) = inputs(a="x")
    once(job, [path], out)
    assert once(batch_jobs.job(tmp_path, height=1.8), [path], out)[0] == ["a.in"]
    assert once(job, [path], out)[0] == ["a.in"], "its result was replaced"
    renamed = path.rename(path.with_name("other.in"))
    assert once(job, [renamed], out)[0] == []
    renamed.touch()
    assert once(job, [renamed], out)[0] == []
    file = JobFile("model", "m.onnx", "/m.onnx", "1")
    assert once(replace(job, files=(file,)), [renamed], out)[0] == ["other.in"]
    moved = replace(
        job, files=(replace(file, path="/elsewhere/m.onnx"),), places={"model": "/elsewhere/m.onnx"}
    )
    assert once(moved, [renamed], out)[0] == []
    (out / once(moved, [renamed], out)[2].done[0].result).unlink()
    assert once(moved, [renamed], out)[0] == ["other.in"], "its result is gone"


def test_the_result_of_an_earlier_content_goes(tmp_path, inputs):
    job, out = batch_jobs.job(tmp_path), tmp_path / "out"
    (path,) = inputs(a="x")
    once(job, [path], out)
    path.write_text("bad:a")
    once(job, [path], out)
    assert [p.read_text() for p in out.glob("*.txt")] == ["x"], "nothing better is there"
    path.write_text("y:a")
    once(job, [path], out)
    assert [p.read_text() for p in out.glob("*.txt")] == ["y"]


def test_copies_are_done_once(tmp_path, inputs):
    paths = inputs(a="x", b="x")
    paths[1].write_bytes(paths[0].read_bytes())
    job, out = batch_jobs.job(tmp_path), tmp_path / "out"
    began, _, todo = once(job, paths, out)
    assert began == ["a.in"]
    assert [copy.input for copy in todo.copies] == [str(paths[1])]
    assert once(job, paths, out)[0] == []
    lines = [json.loads(line) for line in (out / NAME).read_text().splitlines()]
    assert {line["input"]: line["result"] for line in lines} == dict.fromkeys(
        map(str, paths), lines[0]["result"]
    )
    assert len(lines) == 2, "what was written once is not written again"


def test_the_result_of_copies_stays_while_one_of_them_is_left(tmp_path, inputs):
    paths = inputs(a="x", b="x")
    job, out = batch_jobs.job(tmp_path), tmp_path / "out"
    for content, results in (("x:c", {"x"}), ("y:c", {"y"})):
        for path in paths:
            path.write_text(content)
        once(job, paths, out)
        assert {p.read_text() for p in out.glob("*.txt")} == results
    paths[0].write_text("z:c")
    once(job, paths, out)
    assert {p.read_text() for p in out.glob("*.txt")} == {"y", "z"}


def test_an_unchanged_file_is_not_read_again(tmp_path, inputs, monkeypatch):
    job, out = batch_jobs.job(tmp_path), tmp_path / "out"
    paths = inputs(a="x")
    once(job, paths, out)
    monkeypatch.setattr("frankmocap_ros.batch.run.content_of", lambda path: pytest.fail("read"))
    assert once(job, paths, out)[0] == []


def test_an_input_that_cannot_be_read_is_listed(tmp_path, inputs):
    path = tmp_path / "nowhere.in"
    _, entries, _ = once(batch_jobs.job(tmp_path), [path, *inputs(a="x")], tmp_path / "out")
    assert "nowhere.in" in entries[0].reason
    assert entries[1].result


def test_a_fault_of_ours_is_one_failure(tmp_path, inputs):
    _, entries, _ = once(batch_jobs.job(tmp_path), inputs(a="fault", b="x"), tmp_path / "out")
    assert "ValueError: a fault of ours" in entries[0].reason
    assert entries[1].result
    assert not list((tmp_path / "out").glob(f"{PARTIAL}*"))


def test_folders_as_inputs_and_results(tmp_path):
    source = tmp_path / "run.1"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "x").write_text("1")
    job, out = Job("", {}, ""), tmp_path / "out"

    def folder_of_one(source, result, name):
        result.mkdir()
        (result / "new").touch()
        return {}

    def runner(job, tasks):
        worker = object.__new__(Worker)
        worker._one = folder_of_one
        yield worker.do(tasks[0])

    results = []
    for content in ("1", "2"):
        (source / "deep" / "x").write_text(content)
        with opened(out) as journal:
            results += [entry.result for entry in run(job, plan(job, [source], journal), journal, runner)]
    assert results[0] != results[1]
    assert [p.name for p in out.iterdir() if p.is_dir()] == [results[1]]
    assert results[1].startswith("run.1-")
    with opened(out) as journal:
        again = plan(replace(job, values={"other": 1}), [source], journal)
        (entry,) = run(job, again, journal, runner)
    assert (out / entry.result / "new").exists()


def test_one_run_at_a_time(tmp_path):
    with opened(tmp_path), pytest.raises(BatchError, match="another run"), opened(tmp_path):
        pass


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BatchError, match="choose a folder"), opened(tmp_path / "file" / "out"):
        pass


# ---------------------------------------------------------------- inputs


def names(paths):
    return [path.name for path in paths]


def test_inputs_are_found(tmp_path):
    for name in ("b10.in", "b9.in", "x.out", ".hidden.in", "deep/c.in", "bag/one", "bag/d.in", "out/e.in"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = inputs_of([str(tmp_path)], KIND, tmp_path / "out")
    assert names(found) == ["b9.in", "b10.in", "bag", "c.in"]
    assert all(path.is_absolute() for path in found)
    assert names(inputs_of([str(tmp_path / "b*.in"), str(tmp_path / "b9.in")], KIND)) == ["b9.in", "b10.in"]
    assert names(inputs_of([str(tmp_path / "**" / "c.in"), str(tmp_path / "x.out")], KIND)) == [
        "c.in",
        "x.out",
    ]
    (tmp_path / "a[1].in").touch()
    assert names(inputs_of([str(tmp_path / "a[1].in")], KIND)) == ["a[1].in"]


def test_links_in_circles_and_pipes_keep_nobody_waiting(tmp_path):
    """Each of two folders leads to all others: without end, and two more ways at every step."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.in").touch()
        for other in ("a", "b"):
            (tmp_path / name / f"to_{other}").symlink_to(tmp_path / other)
        (tmp_path / name / "up").symlink_to(tmp_path)
        os.mkfifo(tmp_path / name / "pipe.in")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "result.in").touch()
    (tmp_path / "b" / "results").symlink_to(tmp_path / "out")
    assert names(inputs_of([str(tmp_path)], KIND, tmp_path / "out")) == ["a.in", "b.in"]
    assert names(inputs_of([str(tmp_path / "out")], KIND, tmp_path / "out")) == ["result.in"]
    before = content_of(tmp_path / "out")
    os.mkfifo(tmp_path / "out" / "pipe")
    assert content_of(tmp_path / "out") == before
    assert not is_bag(tmp_path / "out" / "pipe")


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("pipe", "neither a file nor a folder"),
        ("nowhere.in", "no such"),
        ("*.none", "nothing matches"),
        ("", "no input in this folder"),
    ],
)
def test_no_inputs(tmp_path, word, text):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BatchError, match=text):
        inputs_of([str(tmp_path / word)], KIND)


# ---------------------------------------------------------------- files that travel


def test_files_are_taken_where_they_are_or_written_once(tmp_path, monkeypatch):
    monkeypatch.setenv("FRANKMOCAP_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "net"
    folder.mkdir()
    (folder / "net.xml").write_text("graph")
    (folder / "net.bin").write_text("weights")
    job = Job("", {}, "", tuple(described("model", folder)), places={"model": str(folder)})
    assert placed(job, lambda file: pytest.fail("sent")) == {"model": folder}
    contents = {file.name: (tmp_path / file.name).read_bytes() for file in job.files}
    away = folder.rename(tmp_path / "away")
    sent = []

    def send(file):
        sent.append(file.name)
        return contents[file.name]

    found = placed(Job.of(job.text()), send)["model"]
    assert {path.name: path.read_text() for path in found.iterdir()} == {
        "net.xml": "graph",
        "net.bin": "weights",
    }
    assert sent == ["net/net.bin", "net/net.xml"]
    assert placed(job, send)["model"] == found
    assert len(sent) == 2
    away.rename(folder)
    (folder / "net.bin").write_text("others")
    assert placed(job, send)["model"] == found
    (found / "net.bin").unlink()
    with pytest.raises(BatchError, match="changed"):
        placed(job, lambda file: b"others")


def test_texts_give_the_same_again():
    job = Job("m:f", {"a": 1}, ".x", (JobFile("p", "n", "/n", "1"),), 1, {"p": "/n"})
    assert Job.of(job.text()) == job
    outcome = Outcome(1, "because", {"frames": 1}, 0.5)
    assert Outcome.of(outcome.text()) == outcome
    assert json.loads(job.text())["gpus"] == 1


def test_nothing_to_write_is_done_too(tmp_path, inputs):
    job, out = batch_jobs.job(tmp_path), tmp_path / "out"
    paths = inputs(a="nothing", b="x")
    began, entries, _ = once(job, paths, out)
    assert began == ["a.in", "b.in"]
    assert [(entry.result != "", entry.reason) for entry in entries] == [(False, ""), (True, "")]
    assert once(job, paths, out)[0] == []


@pytest.mark.parametrize("result", ["../outside", "..", ".", "_journal.jsonl", "a\0b", 7, None])
def test_a_journal_removes_nothing_but_results_in_its_folder(tmp_path, inputs, result):
    job, out, outside = batch_jobs.job(tmp_path), tmp_path / "out", tmp_path / "outside"
    (path,) = inputs(a="x")
    once(job, [path], out)
    outside.touch()
    line = json.loads((out / NAME).read_text()) | {"result": result}
    (out / NAME).write_text(json.dumps(line) + "\n")
    path.write_text("y")
    assert once(job, [path], out)[0] == ["a.in"]
    assert outside.exists() and (out / NAME).exists()


@pytest.mark.parametrize("changed", [{"input": [1]}, {"key": {}}, {"notes": 5}, {"stamp": "now"}])
def test_a_line_of_a_journal_that_is_no_entry_is_left_out(tmp_path, inputs, changed):
    job, out = batch_jobs.job(tmp_path), tmp_path / "out"
    paths = inputs(a="x")
    once(job, paths, out)
    line = json.loads((out / NAME).read_text()) | changed
    (out / NAME).write_text(json.dumps(line) + "\n" + 100_000 * "[" + "\n")
    assert once(job, paths, out)[0] == ["a.in"], "as if it had not been done"
