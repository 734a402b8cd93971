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

"""The transport profiles between two real processes: images that do not fit the default shared memory."""

import os
import subprocess
import sys

import numpy as np
import pytest

from frankmocap_ros.msg import BodyPoseArray
from frankmocap_ros.runtime import fastdds_profile as transport
from frankmocap_ros.runtime.fastdds_profile import transport_variables
from frankmocap_ros.runtime.package_files import share_file
from support.waiting import wait_until

WIDTH, HEIGHT, IMAGES = 1920, 1080, 10
COMMON = """
import sys
import rclpy
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

rclpy.init()
node = rclpy.create_node(sys.argv[1])
best_effort = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
"""
SENDER = (
    COMMON
    + f"""
import array, time
pixels = array.array("B", bytes(range(256)) * ({3 * WIDTH * HEIGHT} // 256))
message = Image(height={HEIGHT}, width={WIDTH}, encoding="bgr8", step={3 * WIDTH}, data=pixels)
publisher = node.create_publisher(Image, "image", best_effort)
while not publisher.get_subscription_count():
    time.sleep(0.01)
while True:  # until it is stopped: a best-effort image may be lost for other reasons
    try:
        publisher.publish(message)
        time.sleep(0.1)
    except Exception:
        if rclpy.ok():
            raise
        break
node.destroy_node()
"""
)
RECEIVER = (
    COMMON
    + f"""
received = []
def keep(message):
    assert message.width == {WIDTH} and message.height == {HEIGHT}
    assert bytes(message.data[:256]) == bytes(range(256)) == bytes(message.data[-256:])
    received.append(message)
node.create_subscription(Image, "image", keep, best_effort)
while len(received) < {IMAGES}:
    rclpy.spin_once(node)
print(len(received))
node.destroy_node()
rclpy.shutdown()
"""
)


SPOILT = {"as it is": lambda text: text, "misspelt": lambda text: text.replace("nanosec>", "nanos>")}


@pytest.mark.parametrize("change", SPOILT)
@pytest.mark.parametrize("name", ["fastdds.xml", "fastdds_small.xml"])
def test_fast_dds_takes_the_profile(domain, tmp_path, name, change):
    """It says what it does not know, and then goes on without any of it."""
    file = tmp_path / name
    file.write_text(SPOILT[change](share_file("config", name).read_text()))
    code = "import rclpy; rclpy.init(); rclpy.create_node('one').destroy_node(); rclpy.shutdown()"
    variables = {**transport_variables({}, str(file)), "ROS_DOMAIN_ID": str(domain)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ("XMLPARSER" in done.stdout + done.stderr) == (change == "misspelt")


@pytest.mark.distribution
@pytest.mark.parametrize("shared_memory", ["plenty", "short"])
def test_large_images_arrive(domain, monkeypatch, tmp_path, shared_memory):
    """With the profile, and with the small one where there is no shared memory for that."""
    monkeypatch.chdir(tmp_path)
    there = transport.free_shared_memory()
    if shared_memory == "plenty" and there is not None and there < 4 * transport.SEGMENT_BYTES:
        pytest.skip(
            f"/dev/shm has {there / 2**20:.0f} MB free: needs {4 * transport.SEGMENT_BYTES / 2**20:.0f} MB"
        )
    free = 2**40 if shared_memory == "plenty" else 0
    monkeypatch.setattr(transport, "free_shared_memory", lambda: free)
    for name, value in {**transport_variables({}), "ROS_DOMAIN_ID": str(domain)}.items():
        monkeypatch.setenv(name, value)
    sender = subprocess.Popen([sys.executable, "-c", SENDER, "sender"])
    try:
        receiver = subprocess.run(
            [sys.executable, "-c", RECEIVER, "receiver"],
            stdout=subprocess.PIPE,
            text=True,
            timeout=60.0,
            check=True,
        )
    finally:
        sender.terminate()  # one that is killed leaves its shared memory behind
        sender.wait(60.0)
    assert receiver.stdout == f"{IMAGES}\n"


@pytest.mark.timed
@pytest.mark.distribution
def test_images_arrive_at_a_node_that_is_started_alone(program, peer):
    """As by ``ros2 run``; of 640x480 pixels. By default two in three arrived, and now and then none ever."""
    bodies = peer.listen(BodyPoseArray, "/frankmocap/bodies")
    no_profile = {transport.fast_dds(os.environ).variable: ""}
    program("camera_node", "--ros-args", "-p", "source:=synthetic", "-p", "rate_hz:=30.0", **no_profile)
    program("frankmocap_node", "--ros-args", "-p", "estimator:=synthetic", **no_profile)
    bodies.next()
    wait_until(lambda: len(bodies) > IMAGES + 60, "no bodies come")
    stamps_s = 1e-9 * np.array([peer.stamp(msg) for msg in bodies.messages[IMAGES:]])
    assert 30.0 * (stamps_s[-1] - stamps_s[0]) < 1.1 * (len(stamps_s) - 1)
