"""How often one caller may do one thing. The counter is shared by all web processes and believes no header of the client."""

import hashlib
import logging
import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def caller(request: HttpRequest) -> str:
    """Who calls: the person when signed in, else the address of the connection.

    Behind `TRUSTED_PROXIES` proxies of our own it is the address that the outermost of them wrote down; what a client
    writes before it is never read.
    """
    if request.user.is_authenticated:
        return f"person {request.user.pk}"
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    proxies = settings.TRUSTED_PROXIES
    seen = hops[-proxies].strip() if 0 < proxies <= len(hops) else ""
    return seen or request.META.get("REMOTE_ADDR") or "local socket"


def seconds_to_wait(name: str, who: str, *, allowed: int, per_seconds: int, now: float | None = None) -> int:
    """Count this call; 0 when it may go on, else whole seconds until the next window opens.

    Windows are fixed: at most `allowed` calls in each. A cache that is away lets everybody pass, with one log line:
    a limit protects the service, and must not be what takes it down.
    """
    moment = time.time() if now is None else now
    window, passed = divmod(int(moment), per_seconds)
    key = f"limit:{name}:{hashlib.sha256(who.encode()).hexdigest()[:32]}:{window}"
    try:
        cache.add(key, 0, timeout=per_seconds * 2)
        count = cache.incr(key)
    except (RedisError, ValueError):
        log.warning("rate limit not counted: %s", name)
        return 0
    return 0 if count <= allowed else per_seconds - passed
