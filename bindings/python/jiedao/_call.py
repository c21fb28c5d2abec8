# SPDX-License-Identifier: GPL-3.0-or-later
"""A call of the library: its context, Ctrl-C, warnings, progress, errors."""
from __future__ import annotations

import ctypes
import signal
import threading
import warnings
from typing import Any, Callable, List, Optional

from ._errors import JiedaoWarning, make_error
from ._library import HEAR_WARNING, Hear, Poll, lib, text_of

Progress = Callable[[str, int, int], Any]

_POLL_MS = 100


class Call:
    """A context for one call, on the thread that makes it.

    Python runs signal handlers between its own instructions only, and an exception in a callback is
    lost. So SIGINT sets a flag while the library works, the poll callback hands it over, and the
    handler that was there before is called once the library has returned.
    """

    def __init__(self, threads: Optional[int], progress: Optional[Progress]) -> None:
        self.ctx = lib.jd_ctx_create()
        if not self.ctx:
            raise MemoryError("no memory for a context")
        self._interrupted = False
        self._failed: Optional[BaseException] = None
        self._warnings: List[str] = []
        self._progress = progress
        self._before: Any = None
        self._poll = Poll(lambda _: int(self._interrupted or self._failed is not None))
        self._hear = Hear(self._heard)
        if threads is not None:
            lib.jd_ctx_set_threads(self.ctx, int(threads))
        lib.jd_ctx_set_poll(self.ctx, self._poll, None, _POLL_MS)
        lib.jd_ctx_set_hear(self.ctx, self._hear, None)

    def _heard(self, _: Any, what: int, text: bytes, done: int, total: int) -> None:
        if what == HEAR_WARNING:
            self._warnings.append(text_of(text))
        elif self._progress is not None and self._failed is None:
            try:
                self._progress(text_of(text), done, total)
            except BaseException as error:  # it cannot cross the library
                self._failed = error

    def _note_interrupt(self, *_: Any) -> None:
        self._interrupted = True

    def __enter__(self) -> "Call":
        if threading.current_thread() is threading.main_thread():
            before = signal.getsignal(signal.SIGINT)
            if callable(before):
                self._before = before
                signal.signal(signal.SIGINT, self._note_interrupt)
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        before, self._before = self._before, None
        if before is not None:
            signal.signal(signal.SIGINT, before)
        lib.jd_ctx_free(self.ctx)
        self.ctx = None
        if self._failed is not None:
            raise self._failed
        if self._interrupted:
            before(signal.SIGINT, None)
            raise KeyboardInterrupt

    def check(self, code: int) -> None:
        """Raises what the library says went wrong."""
        if code == 0:
            return
        name = text_of(lib.jd_error_name(code))
        message = text_of(lib.jd_ctx_message(self.ctx)).rstrip("\n")
        role, row = ctypes.c_char_p(), ctypes.c_int64(-1)
        lib.jd_ctx_where(self.ctx, ctypes.byref(role), ctypes.byref(row))
        option = text_of(role.value) if role.value else None
        raise make_error(name, message, option, row.value if row.value >= 0 else None)

    def warn(self, stacklevel: int = 3) -> None:
        for text in dict.fromkeys(self._warnings):
            warnings.warn(text, JiedaoWarning, stacklevel=stacklevel)


def set_threads(threads: int) -> None:
    """Threads of calls that name none; 0 = ``JIEDAO_THREADS`` in the environment, else all."""
    lib.jd_set_default_threads(int(threads))


