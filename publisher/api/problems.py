"""Errors as answers: each is a code of the catalog, said in the language that the client reads best.

1. Whose fault it is decides the family: the editor's 4xx with a sentence, the stream's 503 with `Retry-After`.
2. Nothing of the server's inside goes to a client; the log has it, once.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from publisher.core.decode import MalformedError
from publisher.core.refusals import ConflictError, RefusalsError
from publisher.core.sentences import sentence
from ticker.contract.problem import MEDIA_TYPE, TITLES, FieldError, Problem, make_problem
from ticker.contract.sentences import LANGUAGES, RefusedError
from ticker.shared.http.headers import SECURITY_HEADERS, lines
from ticker.shared.http.negotiate import preferred_language

RETRY_SECONDS: Final = 2
PAGE_HEADER: Final = "flashwire-page"
"""The desk page sends it with each request: it reads the type of a problem, whatever the status."""
CODES: Final = tuple(
    """
    bad-request bad-parameter not-found method withdrawn head-too-large stream-away malformed cut-off key if-match
    unknown-name unauthorized token-refused role-act foreign-origin welcome-refused no-item hold-not-usable
    release-not-held unreadable answer-unreadable publish-again too-slow stale too-large not-json not-an-object invalid
    key-reused if-match-missing canary-rate rate internal desk-file
    database-away
    """.split()
)
"""Every type of problem that the desk answers with, as docs/protocol.md lists them."""


class ApiError(Exception):
    """An answer that is an error: status, a code of the catalog with its parameters, further headers."""

    def __init__(
        self,
        status: int,
        code: str,
        /,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Iterable[RefusedError] = (),
        **parameters: object,
    ) -> None:
        self.status = status
        self.code = code
        self.headers = dict(headers or {})
        self.errors = tuple(errors)
        self.parameters = parameters
        super().__init__(f"{status} {code}")


def from_refusal(error: RefusedError | RefusalsError) -> ApiError:
    """The answer to what the rules refused."""
    if isinstance(error, RefusalsError):
        return ApiError(422, "invalid", errors=error.refusals)
    if isinstance(error, MalformedError):
        return ApiError(400 if error.code == "malformed" else 422, error.code)
    if isinstance(error, ConflictError):
        return ApiError(409, error.code, headers=None, errors=(), **error.parameters)
    return ApiError(422, "invalid", errors=[error])


def from_http(error: HTTPException) -> ApiError:
    """The answer to what routing refused."""
    code = {404: "not-found", 405: "method"}.get(error.status_code, "internal")
    return ApiError(error.status_code if code != "internal" else 500, code, headers=error.headers)


def away(code: str = "stream-away") -> ApiError:
    """The answer while the stream, or the desk's own file, cannot be used."""
    return ApiError(503, code, headers={"Retry-After": str(RETRY_SECONDS)})


def answer(request: Request, error: ApiError) -> Response:
    """`error` as problem+json in the client's language."""
    language = reading_language(request.headers.get("accept-language", ""))
    if error.status == 401 and PAGE_HEADER in request.headers:
        # After a 401 a browser forgets the credentials of a proxy in front, and asks the person for them again. Some
        # proxies remove the credentials, so their absence here says nothing.
        error = ApiError(403, error.code)
    return Response(_problem(error, language).body(), error.status, _headers(error, language), MEDIA_TYPE)


def answer_bytes(error: ApiError, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The whole answer to a request that never reaches the application, of which `headers` have come."""
    language = reading_language(dict(headers).get(b"accept-language", b"").decode("latin-1"))
    body = _problem(error, language).body()
    told = {**SECURITY_HEADERS, **_headers(error, language), "Cache-Control": "no-store", "Content-Type": MEDIA_TYPE}
    told |= {"Content-Length": str(len(body)), "Connection": "close"}
    return b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (error.status, TITLES[error.status].encode(), lines(told), body)


def _problem(error: ApiError, language: str) -> Problem:
    errors = tuple(FieldError(wrong.field, sentence(wrong, language), wrong.code) for wrong in error.errors)
    return make_problem(
        error.code, error.status, sentence(RefusedError(error.code, "", **error.parameters), language), errors
    )


def _headers(error: ApiError, language: str) -> dict[str, str]:
    return {"Content-Language": language, "Vary": "Accept-Language", **error.headers}


def reading_language(accepted: str) -> str:
    """The language of the interface that an `Accept-Language` header prefers, else English."""
    return preferred_language(accepted, LANGUAGES)
