"""What making a document leaves behind: collected with it, and its memory handed back to the system."""

import ctypes
import gc
import sys
from contextlib import contextmanager


@contextmanager
def own_garbage():
    """For making a document: millions of objects that live until its end, where looking for garbage only costs time.

    Afterwards the collector goes through the youngest objects, which are those that were made here, and through
    nothing else. So the next document finds the memory free, at the price of what this one left behind.
    """
    was_on = gc.isenabled()
    gc.collect(0)
    gc.disable()
    try:
        yield
    finally:
        gc.collect(0)
        if was_on:
            gc.enable()


def give_back_memory() -> None:
    """Hand pages that nothing uses back to the system: the allocator would keep what it once got."""
    if sys.platform.startswith("linux") and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
