"""Memory that a step frees stays with the process for the next step."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # as malloc.h has them
_LARGEST_KEPT = 2**25  # bytes of one tensor; glibc takes no more
_NEVER = -1


@cache
def keep_freed_memory() -> None:
    """Tell glibc, once per process, not to hand freed memory back to the system; other C libraries are left alone.

    Every step asks for the same tensors again. Handed back, each of their pages is faulted in anew. The process keeps
    what its largest step took, but for tensors of more than 32 MiB, which always come fresh.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT)
        mallopt(_TRIM_THRESHOLD, _NEVER)
