"""What a process needs to run steadily: threads, memory, time, health and files on disk."""
