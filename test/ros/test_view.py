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

"""The browser view as somebody sees it: headless Chromium on a demo that follows a real person."""

import io
import os
import re
import shutil
import socket
import subprocess
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect, sync_playwright
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import Image
from std_srvs.srv import SetBool
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from frankmocap_ros.msg import GateState, Grip
from frankmocap_ros.recording.episodes import read_info
from support.paths import TAIJI

WAIT_MS = 60_000
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# WebGL without a GPU, as root, in a container
FLAGS = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-dev-shm-usage")


def chromium() -> str:
    """Its path; installed here where this is CI's own machine, else the test is skipped."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None and os.environ.get("CI") == "true" and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "timeout": 300}
        for words in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(["apt-get", "--quiet", *words], check=False, env=environment, **quiet)
        found = shutil.which("chromium")
    if found is None:
        pytest.skip("there is no Chromium, and it could not be installed; run: apt install chromium")
    return str(Path(found))


@pytest.fixture
def browser():
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 1000, "height": 700})
    page.set_default_timeout(WAIT_MS)
    return page


def pixels(page: Page) -> np.ndarray:
    """The three-dimensional part as it is drawn, BGR."""
    shot = page.screenshot(clip={"x": 0, "y": 150, "width": 600, "height": 550})
    return cv2.imdecode(np.frombuffer(io.BytesIO(shot).getbuffer(), np.uint8), cv2.IMREAD_COLOR).astype(int)


def greens(image: np.ndarray) -> int:
    """Pixels in the color of tracked joints."""
    blue, green, red = np.moveaxis(image, 2, 0)
    return int(((green > 170) & (red < 120) & (blue < 150)).sum())


def darks(image: np.ndarray) -> int:
    """Pixels of the video's wooden walls; the scene itself is white and gray."""
    blue, green, red = np.moveaxis(image, 2, 0)
    return int(((red > blue + 15) & (red + green + blue < 330)).sum())


def until(page: Page, wanted, what: str) -> None:
    """Wait for something that is drawn."""
    for _ in range(120):
        if wanted(pixels(page)):
            return
        page.wait_for_timeout(500)
    raise AssertionError(what)


def widget(page: Page, name: str) -> str:
    """Selector of the widget with this label; the label may have places to break in it."""
    page.wait_for_function(f"[...document.querySelectorAll('label')].some(l => l.textContent === '{name}')")
    found = page.evaluate(
        f"[...document.querySelectorAll('label')].filter(l => l.textContent === '{name}')[0].htmlFor"
    )
    return f"[id='{found}']"


def test_a_newcomer_sees_a_person_and_sets_the_node(peer, program, page, port):
    if not TAIJI.is_file():
        pytest.skip(f"{TAIJI} is not there")
    words = f"demo --source {TAIJI} --view --view-port {port} --process-every-n 2"
    demo = program("frankmocap_ros", *words.split())
    gate = "gate_node --ros-args -p reference:=home -p max_age_s:=1.0"
    program(*gate.split())
    states = peer.listen(
        GateState, "gate/state", QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    )
    peer.wait_until(lambda: f"http://127.0.0.1:{port}" in demo.text(), "the demo tells the address")

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    peer.wait_until(answers, "the view serves")
    image = peer.node.resolve_topic_name("image")
    before = {i.node_name for i in peer.node.get_subscriptions_info_by_topic(image)}
    assert "frankmocap_view" not in before  # nobody looks
    page.goto(f"http://127.0.0.1:{port}")

    # the node, in words
    expect(page.get_by_text(re.compile(r"\d FPS"))).to_be_visible(timeout=WAIT_MS)
    expect(page.locator("strong", has_text="blazepose")).to_be_visible(timeout=WAIT_MS)
    # the person and the image, in the picture
    until(page, lambda seen: greens(seen) > 40, "no skeleton is drawn")
    until(page, lambda seen: darks(seen) > 2000, "no image is drawn")
    page.locator(widget(page, "image")).click()
    until(page, lambda seen: darks(seen) < 200 and greens(seen) > 40, "the image cannot be hidden")

    # a slider is the node's parameter
    assert peer.get("min_confidence") == pytest.approx(0.3)
    slider = page.locator(f"{widget(page, 'min_confidence')} [role=slider]")
    for _ in range(5):
        slider.press("ArrowRight")

    def moved() -> float:  # a busy browser shows the keys one by one
        return float(slider.get_attribute("aria-valuenow"))

    peer.wait_until(lambda: peer.get("min_confidence") == moved() > 0.3, "the slider sets nothing")
    # and follows who sets it elsewhere
    peer.set(min_confidence=0.5)
    expect(slider).to_have_attribute("aria-valuenow", "0.5", timeout=WAIT_MS)

    # what the node refuses is said in its words, and is not shown as if it were so
    height = page.locator(f"{widget(page, 'assumed_height_m')} ~ div input")
    height.fill("0.2")
    height.press("Enter")
    expect(page.get_by_text("0.2 is out of range; allowed: 0")).to_be_visible(timeout=WAIT_MS)
    expect(height).to_have_value("0", timeout=WAIT_MS)
    assert peer.get("assumed_height_m") == 0.0

    # the operator's size: what the node says of it
    page.get_by_role("button", name="Calibrate size").click()
    expect(page.get_by_text("nothing tells the operator's size")).to_be_visible(timeout=WAIT_MS)

    # the gate's buttons
    page.get_by_role("button", name="Engage", exact=True).click()
    states.wait(lambda s: s.state != GateState.DISENGAGED)
    heard = len(states)
    page.get_by_role("button", name="Disengage").click()
    states.wait(lambda s: s.state == GateState.DISENGAGED, after=heard)

    # when the last one leaves nothing is listened to
    page.close()
    peer.wait_until(
        lambda: (
            "frankmocap_view" not in {i.node_name for i in peer.node.get_subscriptions_info_by_topic(image)}
        ),
        "the view still hears images",
    )


def test_an_address_that_is_taken(program):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        view = program("view_node", "--ros-args", "-p", f"port:={port}")
        assert view.process.wait(60.0) == 2
    assert f"cannot serve at 127.0.0.1:{port}" in view.text()
    assert "Set port to a free one" in view.text()
    assert "Traceback" not in view.text()


def test_pages_from_elsewhere_are_turned_away(program, peer, port):
    """Any page in somebody's browser can open a web socket to this machine; none may press these buttons."""
    view = program("view_node", "--ros-args", "-p", f"port:={port}")
    peer.wait_until(lambda: f"at http://127.0.0.1:{port}" in view.text(), "the view serves")
    at, own = f"ws://127.0.0.1:{port}", f"http://127.0.0.1:{port}"
    protocol = f"viser-v{version('viser')}"
    with connect(at, origin=own, subprotocols=[protocol], max_size=None) as ours:
        assert ours.recv(timeout=30.0)
    with connect(at, origin="http://evil.example", subprotocols=[protocol], max_size=None) as theirs:
        with pytest.raises(ConnectionClosed) as closed:
            theirs.recv(timeout=30.0)
        assert closed.value.rcvd.code == 1008
    assert "a page of http://evil.example was refused" in view.text()


def test_without_a_node_it_waits_and_can_record(program, peer, page, port, tmp_path):
    program("view_node", "--ros-args", "-p", f"port:={port}")
    runs = tmp_path / "runs"
    program(*f"recorder_node --folder {runs} --no-record-at-start --min-free-mb 0".split())

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    peer.wait_until(answers, "the view serves")
    page.goto(f"http://127.0.0.1:{port}")
    expect(page.get_by_text("Waiting for the node")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_role("button", name="Engage", exact=True)).to_be_disabled()
    sent = peer.node.create_publisher(Image, "image", 1)
    sent.publish(Image(height=1, width=7, encoding="nonsense"))  # a bad image stops nothing
    expect(page.get_by_text("it is not running")).to_be_visible(timeout=WAIT_MS)

    # the recorder's buttons, which work when it has something to do
    start = page.get_by_role("button", name="Record", exact=True)
    stop = page.get_by_role("button", name="Stop recording")
    expect(start).to_be_enabled(timeout=WAIT_MS)
    expect(stop).to_be_disabled()
    start.click()
    expect(page.get_by_text("recording episode_000001").first).to_be_visible(timeout=WAIT_MS)
    page.locator(widget(page, "outcome")).click()
    page.get_by_role("option", name="success").click()
    expect(stop).to_be_enabled(timeout=WAIT_MS)
    stop.click()
    expect(page.get_by_text("nothing dropped")).to_be_visible(timeout=WAIT_MS)
    assert read_info(runs / "episode_000001").outcome == "success"


class StatedGate:
    """A gate that says what a test wants, 20 times a second, and answers requests with it.

    Args:
        peer: whose node it is.
    """

    def __init__(self, peer) -> None:
        self.state = GateState(state=GateState.DISENGAGED, reason="not asked for")
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._publisher = peer.node.create_publisher(GateState, "gate/state", latched)
        peer.node.create_timer(0.05, lambda: self._publisher.publish(self.state))
        peer.node.create_service(SetBool, "gate/engage", self._refuse)

    def _refuse(self, _, answer):
        answer.success, answer.message = False, "no operator in <view>"
        return answer

    def say(self, state, reason, left_s=0.0, limits=()) -> None:
        self.state = GateState(state=state, reason=reason, arming_left_s=left_s, limits=list(limits))

    def grip(self, peer, grip):
        """Tell a gripper, too, until the timer that is returned is canceled."""
        publisher = peer.publisher(Grip, f"gate/grip/{grip.side}")
        return peer.node.create_timer(0.05, lambda: publisher.publish(grip))


def test_the_operator_sees_and_hears_the_gate(program, peer, page, port):
    """The bar over the whole page, its color, the time left, and tones once somebody asked for sound."""
    view = program("view_node", "--ros-args", "-p", f"port:={port}")
    peer.wait_until(lambda: f"at http://127.0.0.1:{port}" in view.text(), "the view serves")
    gate = StatedGate(peer)
    page.add_init_script(
        "window.tones = [];"
        "document.addEventListener('playing', e => window.tones.push(e.target.dataset.tone), true);"
    )
    page.goto(f"http://127.0.0.1:{port}")
    bar = page.get_by_role("status")

    def shows(kind, text):
        expect(page.locator(f"[role=status][data-kind={kind}]")).to_have_text(text, timeout=WAIT_MS)

    def hears(*tones):
        """Each tone has begun: one that follows at once would take its place."""
        page.wait_for_function("n => window.tones.length >= n", arg=len(tones), timeout=WAIT_MS)
        assert page.evaluate("window.tones") == list(tones)

    shows("DISENGAGED", "DISENGAGED: not asked for")
    box = bar.bounding_box()
    assert (box["x"], box["y"], box["width"]) == (0, 0, 1000)
    assert page.evaluate("window.tones") == []
    page.get_by_label("sound").click()
    hears("on")
    page.get_by_role("button", name="Engage", exact=True).click()
    shows("FAULT", "Refused: no operator in <view>")
    hears("on", "refused")
    gate.say(GateState.ARMING, "hold still", 0.7)
    shows("ARMING", "ARMING, 0.7 s left: hold still")
    gate.say(GateState.ENGAGED, "following the operator")
    shows("ENGAGED", "ENGAGED: following the operator")
    hears("on", "refused", "engaged")
    gate.say(GateState.HOLD, "the operator is no longer in view")
    shows("HOLD", "HOLD: the operator is no longer in view")
    hears("on", "refused", "engaged", "hold")


def test_grippers_are_shown_while_they_are_commanded(program, peer, page, port):
    view = program("view_node", "--ros-args", "-p", f"port:={port}")
    peer.wait_until(lambda: f"at http://127.0.0.1:{port}" in view.text(), "the view serves")
    gate = StatedGate(peer)
    gate.say(GateState.ENGAGED, "following the operator")
    page.goto(f"http://127.0.0.1:{port}")
    left = gate.grip(peer, Grip(side="left", opening=0.42, state=Grip.TRACKED))
    gate.grip(peer, Grip(side="right", opening=1.0, state=Grip.HELD))
    expect(page.get_by_text("left gripper: 42% open, tracked")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("right gripper: 100% open, held: hand not seen")).to_be_visible(timeout=WAIT_MS)
    bar = page.get_by_role("meter", name="left gripper")
    expect(bar).to_have_attribute("aria-valuenow", "42", timeout=WAIT_MS)
    filled, whole = bar.locator("div").bounding_box(), bar.bounding_box()
    assert filled["width"] == pytest.approx(0.42 * whole["width"], abs=1)
    gate.say(GateState.HOLD, "the operator is no longer in view", limits=["right_grip: nobody is followed"])
    expect(page.get_by_text("100% open, held: nobody is followed")).to_be_visible(timeout=WAIT_MS)
    left.cancel()
    expect(bar).to_have_count(0, timeout=WAIT_MS)
    expect(page.get_by_role("meter", name="right gripper")).to_be_visible()


def test_the_robots_own_camera_is_shown_while_it_gives_images(program, peer, page, port):
    topic = "/robot/camera/image_raw"
    words = ("-p", f"port:={port}", "-p", f"robot_image:={topic}", "-p", "image_rate_hz:=30.0")
    view = program("view_node", "--ros-args", *words)
    peer.wait_until(lambda: f"at http://127.0.0.1:{port}" in view.text(), "the view serves")
    assert peer.node.count_subscribers(topic) == 0  # nobody looks
    page.goto(f"http://127.0.0.1:{port}")
    publisher = peer.publisher(Image, topic)
    timer = peer.node.create_timer(0.1, lambda: publisher.publish(peer.image(size=(64, 48))))
    picture = page.locator("img[src^='blob:'], img[src^='data:image/jpeg']")
    expect(picture).to_be_visible(timeout=WAIT_MS)
    assert picture.evaluate("i => i.naturalWidth") == 64
    timer.cancel()
    expect(picture).to_have_count(0, timeout=WAIT_MS)
    page.close()
    peer.wait_until(lambda: peer.node.count_subscribers(topic) == 0, "the view still hears images")
