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

"""Who owns what a CUDA graph touches, and that captures never meet; CUDA is a stand-in."""

import gc
import threading
import weakref

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: graphs were not tested")

from frankmocap_ros.engines import cuda_state  # noqa: E402
from frankmocap_ros.engines.cuda_graph import Graphs  # noqa: E402
from frankmocap_ros.engines.cuda_state import alone_on_gpu, capture_stream  # noqa: E402
from support import cuda_stand_in  # noqa: E402


@pytest.fixture
def cuda(monkeypatch):
    yield cuda_stand_in.install(monkeypatch)
    for cached in (cuda_state.capture_stream, cuda_state.set_up_cudnn):
        cached.cache_clear()


def pixels(n, value=3):
    return np.full((n, 2, 2, 3), value, np.uint8)


def summing(_shape):
    """A run that gives a tensor of its own, as TensorRT's does, and works with weights that only it knows."""
    weights = torch.full((3,), 2.0)
    features = torch.zeros((_shape[0], 3))
    held.extend((weakref.ref(weights), weakref.ref(features)))

    def run(crops):
        features.copy_(crops.to(torch.float32).sum((1, 2)) * weights)
        return features

    return run


held = []


@pytest.fixture(autouse=True)
def forget():
    held.clear()


@pytest.mark.parametrize("n", [1, 4])
def test_a_graph_gives_the_numbers_of_the_crops(cuda, n):
    graphs = Graphs(summing)
    for value in (1, 7, 7, 0):
        np.testing.assert_array_equal(graphs(pixels(n, value)), np.full((n, 3), 8.0 * value))
    assert len(cuda.captures) == 1


def test_a_graph_owns_all_that_it_touches(cuda):
    """Nobody else keeps what a run works with; while the graph lives, no other tensor gets that memory."""
    graphs = Graphs(summing)
    graphs(pixels(2))
    gc.collect()
    assert [reference() is not None for reference in held] == [True, True]
    others = [torch.zeros((2, 3)) for _ in range(200)]
    for value in range(1, 101):
        np.testing.assert_array_equal(graphs(pixels(2, value)), np.full((2, 3), 8.0 * value))
    assert all(not other.any() for other in others)
    graphs.close()
    gc.collect()
    assert [reference() for reference in held] == [None, None]


def test_numbers_are_not_buffers_of_the_graph(cuda):
    graphs = Graphs(summing)
    first = graphs(pixels(1, 1))
    graphs(pixels(1, 2))
    np.testing.assert_array_equal(first, np.full((1, 3), 8.0))


def test_one_stream_for_captures_that_no_replay_ever_shares(cuda):
    """CUDA has 32 streams of a kind: the 33rd is the first one again."""
    engines = [Graphs(summing) for _ in range(48)]
    for graphs in engines:
        graphs(pixels(1))
    assert set(cuda.captures) == {(capture_stream().name, "thread_local")}
    assert capture_stream().name not in {graphs._stream.name for graphs in engines}
    assert cuda.streams == {0: 48, -1: 1}


def test_each_graph_has_workspaces_of_its_own(cuda):
    """Otherwise all that are captured on one stream write to one workspace when they are replayed at once."""
    graphs, at = Graphs(summing), []
    cuda.on_capture = lambda: at.append(cuda.cleared)
    for n in (1, 2):
        graphs(pixels(n))
    assert (at, cuda.cleared) == ([1, 3], 4)


def test_one_capture_at_a_time(cuda):
    """Beginning one waits for the device, which would break another; the stand-in raises then."""
    wrong, most = [], []
    cuda.on_capture = lambda: most.append(cuda.capturing) or threading.Event().wait(0.002)
    start = threading.Barrier(4)

    def capture():
        graphs = Graphs(summing)
        start.wait()
        try:
            for n in range(1, 7):
                graphs(pixels(n))
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=capture) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert most == [1] * 24


def test_replays_go_on_while_another_thread_holds_the_device(cuda):
    graphs = Graphs(summing)
    graphs(pixels(1))
    done = threading.Event()

    def replay():
        for _ in range(100):
            graphs(pixels(1))
        done.set()

    with alone_on_gpu():
        worker = threading.Thread(target=replay)
        worker.start()
        assert done.wait(30.0)
    worker.join()


def test_giving_back_waits_for_a_capture(cuda):
    graphs, other = Graphs(summing), Graphs(summing)
    graphs(pixels(1))
    inside, closed, order = threading.Event(), threading.Event(), []

    def in_capture():
        inside.set()
        order.append(closed.wait(0.2))

    cuda.on_capture = in_capture
    threads = [
        threading.Thread(target=lambda: other(pixels(1))),
        threading.Thread(target=lambda: (inside.wait(), graphs.close(), closed.set())),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert order == [False]
    assert closed.is_set()


def test_the_oldest_graph_makes_room(cuda):
    graphs = Graphs(summing, most=2)
    for n in (1, 2, 3, 3, 1):
        np.testing.assert_array_equal(graphs(pixels(n)), np.full((n, 3), 24.0))
    assert len(cuda.captures) == 4
    gc.collect()
    assert sum(reference() is not None for reference in held) == 4


def test_cudnn_is_set_once_and_stays(cuda, monkeypatch):
    """Set around each run, one thread's end would change another's run."""
    from torch.backends import cudnn

    before = cudnn.benchmark, cudnn.allow_tf32
    monkeypatch.setattr(cudnn, "flags", lambda *_, **__: pytest.fail("set for one run"))
    try:
        cuda_state.set_up_cudnn()
        assert (cudnn.benchmark, cudnn.allow_tf32) == (True, False)
    finally:
        cudnn.benchmark, cudnn.allow_tf32 = before
