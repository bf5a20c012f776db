"""What a run was measured on: processor, system, versions of what was loaded."""

import os
import platform
import sys
from importlib import metadata
from pathlib import Path

_PACKAGES = {
    "gradus": "gradus",
    "jax": "jax",
    "numpy": "numpy",
    "onnxruntime": "onnxruntime",
    "pandas": "pandas",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "torch": "torch",
}


def flags() -> list[str]:
    """List what the processor can do, in the system's words; empty where they are not told."""
    return _cpu_line("flags").split()


def has_flag(flag: str) -> bool:
    """Tell whether the processor has an extension."""
    return flag in flags()


def describe() -> dict[str, object]:
    """Describe this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _cpu_line("model name") or platform.processor(),
        "processors": os.cpu_count(),
        "flags": flags(),
        "memory_gb": round(memory / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def loaded_versions() -> dict[str, str]:
    """Tell the versions of the packages that this process has loaded."""
    found = {name: package for name, package in _PACKAGES.items() if name in sys.modules}
    return {package: metadata.version(package) for package in found.values()}


def _cpu_line(name: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
