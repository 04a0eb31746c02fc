"""What making a document leaves behind: collected with it, and its memory handed back to the system."""

import ctypes
import gc
import sys
from contextlib import contextmanager


@contextmanager
def own_garbage():
    """For making a document: millions of objects that live until its end, where looking for garbage only costs time.

    Afterwards the collector goes through what was made here and through nothing else: all that stood before is set
    aside. So the next document finds the memory free, at the price of what this one left behind.
    """
    was_on = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
        if was_on:
            gc.enable()


def give_back_memory() -> None:
    """Hand pages that nothing uses back to the system: the allocator would keep what it once got."""
    if sys.platform.startswith("linux") and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
