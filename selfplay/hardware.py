"""What this machine has for networks to run on, in words."""

import os

import torch


def describe_cpu() -> str:
    """Cores that may be used, and the widest instructions that torch makes use of."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"{cores}, {torch.backends.cpu.get_cpu_capability()}"


def describe_gpu() -> str | None:
    """Name of the GPU that torch would use, or None."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else None
