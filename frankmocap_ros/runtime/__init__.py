"""Threads, memory, timing, health and cached files of a process."""

__all__ = [
    "background_import",
    "diagnostic_rules",
    "diagnostics",
    "fastdds_profile",
    "file_cache",
    "file_names",
    "gc_control",
    "load_shedding",
    "low_priority_child",
    "machine",
    "mailbox",
    "malloc",
    "native_stderr",
    "package_files",
    "snapshot",
    "stamp_order",
    "stamp_watch",
    "thread_pools",
    "thread_priority",
    "timing",
]
