"""Writes small rosbag2 recordings, as ``ros2 bag record`` does, with rosbags' own writer."""

from functools import cache

import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer
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


def write_bag(folder, messages, storage="mcap"):
    """A rosbag2 folder.

    Args:
        folder: is made.
        messages: tuples of topic, log time [ns] and message, in order of time.
        storage: ``mcap`` or ``sqlite3``.
    """
    with Writer(folder, version=9, storage_plugin=STORAGES[storage]) as writer:
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
