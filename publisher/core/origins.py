"""Protection against cross-site request forgery: which pages may write with a session cookie."""

from collections.abc import Set

from ticker.shared.http.addresses import page_origin


def may_write(*, origin: str | None, fetch_site: str | None, own: Set[str | None], allowed: Set[str | None]) -> bool:
    """Whether a request with a session cookie comes from the desk's own page.

    No script can set Origin or Sec-Fetch-Site; a request with neither is refused. Sec-Fetch-Site is checked first: a
    proxy that changes scheme, host or port makes the origin look foreign, and does not change this header.
    """
    normal = None if origin is None else page_origin(origin)
    if normal is not None and normal in allowed:
        return True
    if fetch_site is not None:
        return fetch_site == "same-origin"
    # Without TLS, browsers send Sec-Fetch-Site only to their own machine.
    return normal is not None and normal in own
