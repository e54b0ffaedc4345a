"""A cache that may be away. Postgres holds the truth, so a lost cache only costs time."""

import logging
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class PatientRedisCache(RedisCache):
    """Redis, where an unreachable server reads as a miss and a write is dropped with one log line."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The cached value, or `default` when it is missing or the server is away."""
        try:
            return super().get(key, default, version)
        except RedisError:
            log.warning("cache read failed")
            return default

    def set(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> None:
        """Store the value, or drop it when the server is away."""
        try:
            super().set(key, value, timeout, version)
        except RedisError:
            log.warning("cache write failed")

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Delete the key; False when it was missing or the server is away."""
        try:
            return bool(super().delete(key, version))
        except RedisError:
            log.warning("cache delete failed")
            return False

    def add(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> bool:
        """Store the value if absent. True when the server is away, as if it had been absent."""
        try:
            return bool(super().add(key, value, timeout, version))
        except RedisError:
            log.warning("cache add failed")
            return True
