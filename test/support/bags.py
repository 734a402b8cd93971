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

"""Writes small rosbag2 recordings, as ``ros2 bag record`` does, with rosbags' own writer."""

from functools import cache

import cv2
import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from support.paths import ROOT

STORAGES = {"mcap": StoragePlugin.MCAP, "sqlite3": StoragePlugin.SQLITE3}


@cache
def types():
    """Types of ROS 2, and of this package."""
    store = get_typestore(Stores.ROS2_JAZZY)
    own = {}
    for file in sorted((ROOT / "msg").glob("*.msg")):
        own.update(get_types_from_msg(file.read_text(), f"frankmocap_ros/msg/{file.stem}"))
    store.register(own)
    return store


def make(name, /, **fields):
    """A message such as ``make("std_msgs/msg/String", data="x")``."""
    return types().types[name](**fields)


def header(stamp_ns, frame="camera"):
    stamp = make("builtin_interfaces/msg/Time", sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
    return make("std_msgs/msg/Header", stamp=stamp, frame_id=frame)


def gate_state(stamp_ns, state, reason="", operator_id=0):
    """A GateState; ``state`` is its number."""
    figures = dict.fromkeys(("arming_left_s", "age_ms", "lag_ms", "jitter_mm", "measured_jitter_mm"), 1.0)
    return make(
        "frankmocap_ros/msg/GateState",
        header=header(stamp_ns),
        state=int(state),
        reason=reason,
        operator_id=operator_id,
        limits=[],
        commands=0,
        ignored=0,
        **figures,
    )


def point(xyz, name="Point"):
    """A geometry_msgs/Point, or another message of x, y and z."""
    x, y, z = map(float, xyz)
    return make(f"geometry_msgs/msg/{name}", x=x, y=y, z=z)


def quaternion(xyzw=(0, 0, 0, 1)):
    x, y, z, w = map(float, xyzw)
    return make("geometry_msgs/msg/Quaternion", x=x, y=y, z=z, w=w)


def joint_pose(name, position, orientation=(0, 0, 0, 1), **changed):
    """A TRACKED ``JointPose``."""
    fields = {
        "parent": "",
        "pose": make("geometry_msgs/msg/Pose", position=point(position), orientation=quaternion(orientation)),
        "local_rotation": quaternion(),
        "pixel": point((0, 0, 0)),
        "confidence": 1.0,
        "orientation_confidence": 1.0,
        "position_stddev": np.zeros(2, np.float32),
        "state": 1,
    }
    return make("frankmocap_ros/msg/JointPose", name=name, **{**fields, **changed})


def one_body(stamp_ns, joints, body_id=7, scale_source=1, frame="camera", **changed):
    """A ``BodyPoseArray`` of one person, who is the operator unless told otherwise."""
    body = make(
        "frankmocap_ros/msg/BodyPose",
        id=body_id,
        estimator="synthetic",
        has_3d=True,
        has_orientation=True,
        has_hands=False,
        scale_source=scale_source,
        box=np.zeros(4, np.float32),
        betas=np.zeros(0, np.float32),
        joints=joints,
        hands=[],
    )
    fields = {
        "run_id": 1,
        "sequence": 0,
        "inference_ms": 1.0,
        "age_ms": 1.0,
        "camera_position": point((0, 0, 0)),
        "operator_id": body_id,
    }
    return make(
        "frankmocap_ros/msg/BodyPoseArray",
        header=header(stamp_ns, frame),
        bodies=[body],
        **{**fields, **changed},
    )


def image(pixels, stamp_ns, encoding="bgr8", frame="camera"):
    """``sensor_msgs/Image`` of an array, rows without padding."""
    rows = np.ascontiguousarray(pixels)
    data = rows.reshape(-1).view(np.uint8)
    height, width = rows.shape[:2]
    return make(
        "sensor_msgs/msg/Image",
        header=header(stamp_ns, frame),
        height=height,
        width=width,
        encoding=encoding,
        is_bigendian=0,
        step=data.size // height,
        data=data,
    )


def write_bag(folder, messages, storage="mcap", compression=CompressionMode.NONE):
    """A rosbag2 folder.

    Args:
        folder: is made.
        messages: tuples of topic, log time [ns] and message, in order of time.
        storage: ``mcap`` or ``sqlite3``.
        compression: of what; by zstd.
    """
    writer = Writer(folder, version=9, storage_plugin=STORAGES[storage])
    writer.set_compression(compression, CompressionFormat.ZSTD)
    with writer:
        connections = {}
        for topic, log_time_ns, message in messages:
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, message.__msgtype__, typestore=types())
            data = types().serialize_cdr(message, message.__msgtype__)
            writer.write(connections[topic], log_time_ns, data)
    return folder


def storage_file(folder):
    """The one file of a bag that holds its messages."""
    (file,) = [path for path in folder.iterdir() if path.suffix in (".mcap", ".db3")]
    return file


def compressed(pixels, stamp_ns, suffix=".png", frame="camera"):
    """``sensor_msgs/CompressedImage`` of BGR pixels: PNG or JPEG."""
    data = cv2.imencode(suffix, pixels)[1].reshape(-1)
    kind = suffix.removeprefix(".").replace("jpg", "jpeg")
    return make(
        "sensor_msgs/msg/CompressedImage",
        header=header(stamp_ns, frame),
        format=f"bgr8; {kind} compressed bgr8",
        data=data,
    )


def camera_info(camera, stamp_ns, frame="camera"):
    """``sensor_msgs/CameraInfo``: K and D of the camera, P with twice its focal length."""
    lens = camera.distortion
    k = [camera.fx, 0.0, camera.cx, 0.0, camera.fy, camera.cy, 0.0, 0.0, 1.0]
    p = [2 * camera.fx, 0.0, camera.cx, 0.0, 0.0, 2 * camera.fy, camera.cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return make(
        "sensor_msgs/msg/CameraInfo",
        header=header(stamp_ns, frame),
        height=camera.height,
        width=camera.width,
        distortion_model=lens.model if lens else "plumb_bob",
        d=np.array(lens.coefficients if lens else [0.0] * 5),
        k=np.array(k),
        r=np.eye(3).reshape(-1),
        p=np.array(p),
        binning_x=0,
        binning_y=0,
        roi=make(
            "sensor_msgs/msg/RegionOfInterest",
            x_offset=0, y_offset=0, height=0, width=0, do_rectify=False,
        ),
    )  # fmt: skip


def number_image(k, size=(8, 6)):
    """A gray image whose brightness tells its number, and how to read it: ``number_of``."""
    return np.full((size[1], size[0], 3), 4 * k, np.uint8)


def number_of(pixels):
    """The number of an image of ``number_image``."""
    return round(float(pixels.mean()) / 4)


def transforms(*stamped):
    """``tf2_msgs/TFMessage`` of tuples: parent, child, stamp [ns], translation, rotation x y z w."""
    return make("tf2_msgs/msg/TFMessage", transforms=[_stamped(*one) for one in stamped])


def _stamped(parent, child, stamp_ns, xyz, xyzw):
    x, y, z = map(float, xyz)
    qx, qy, qz, qw = map(float, xyzw)
    return make(
        "geometry_msgs/msg/TransformStamped",
        header=header(stamp_ns, parent),
        child_frame_id=child,
        transform=make(
            "geometry_msgs/msg/Transform",
            translation=make("geometry_msgs/msg/Vector3", x=x, y=y, z=z),
            rotation=make("geometry_msgs/msg/Quaternion", x=qx, y=qy, z=qz, w=qw),
        ),
    )
