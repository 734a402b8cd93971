"""The recorder node: what nodes publish goes to episodes, as bytes."""

__all__ = [
    "parameter_snapshots",
    "record_buttons",
    "recorded_topics",
    "recorder_health",
    "recorder_node",
    "recorder_worker",
    "topic_choice",
]
