"""What runs one network on one device, nothing else."""
