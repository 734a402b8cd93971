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

"""Threads, memory, timing, health and cached files of a process."""

__all__ = [
    "background_import",
    "diagnostic_rules",
    "diagnostics",
    "fastdds_profile",
    "file_cache",
    "file_names",
    "gc_control",
    "installing",
    "load_shedding",
    "low_priority_child",
    "machine",
    "mailbox",
    "malloc",
    "message_stamps",
    "native_stderr",
    "package_files",
    "records",
    "snapshot",
    "stamp_offset",
    "stamp_order",
    "stamp_watch",
    "text_values",
    "thread_pools",
    "thread_priority",
    "timing",
    "whole_files",
]
