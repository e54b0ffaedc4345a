"""A cache that may be away. Postgres holds the truth, so a lost cache only costs time."""

import logging
import time
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError, RedisError

log = logging.getLogger(__name__)
T = TypeVar("T")
PAUSE_SECONDS = 5.0
"""After a server that was away, nobody waits for it again for so long; in each process."""


class PatientRedisCache(RedisCache):
    """Redis, where an unreachable server reads as a miss and a write is dropped with one log line."""

    away_until: ClassVar[float] = 0.0

    def _or(self, otherwise: T, deed: Callable[[], T]) -> T:
        try:
            return self._asked(deed)
        except RedisError:
            return otherwise

    def _asked(self, deed: Callable[[], T]) -> T:
        if time.monotonic() < PatientRedisCache.away_until:
            raise ConnectionError("The cache was away a moment ago.")
        try:
            return deed()
        except RedisError:
            log.warning("the cache is away")
            PatientRedisCache.away_until = time.monotonic() + PAUSE_SECONDS
            raise

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The cached value, or `default` when it is missing or the server is away."""
        return self._or(default, lambda: super(PatientRedisCache, self).get(key, default, version))

    def set(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> None:
        """Store the value, or drop it when the server is away."""
        self._or(None, lambda: super(PatientRedisCache, self).set(key, value, timeout, version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Delete the key; False when it was missing or the server is away."""
        return self._or(False, lambda: bool(super(PatientRedisCache, self).delete(key, version)))

    def add(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> bool:
        """Store the value if absent. True when the server is away, as if it had been absent."""
        return self._or(True, lambda: bool(super(PatientRedisCache, self).add(key, value, timeout, version)))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        """Whether the key is there; False when the server is away, so that the session asks the database."""
        return self._or(False, lambda: bool(super(PatientRedisCache, self).has_key(key, version)))

    def touch(self, key: Any, timeout: Any = 300, version: int | None = None) -> bool:
        """Let the value live on; False when it was missing or the server is away."""
        return self._or(False, lambda: bool(super(PatientRedisCache, self).touch(key, timeout, version)))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Count. Raises RedisError when the server is away: a number can't be made up."""
        return self._asked(lambda: super(PatientRedisCache, self).incr(key, delta, version))
