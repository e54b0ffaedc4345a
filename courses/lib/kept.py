"""What was made once and serves again, in this process only: the newest of it, by everything that it was made from."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any


class Kept:
    """At most `most` results. A key names all that decides a result, so that nothing kept is ever out of date.

    Unlike `lru_cache` it keeps neither what makes a result nor what that holds on to, a request for one.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._results: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The result of this key, made where there is none. Two who ask at once may both make it."""
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
                return self._results[key]
        result = make()
        with self._lock:
            self._results[key] = result
            while len(self._results) > self.most:
                self._results.popitem(last=False)
        return result

    def __len__(self) -> int:
        return len(self._results)
