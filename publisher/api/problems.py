"""Errors as answers: each has a problem type and a sentence in the language that the client prefers.

1. The cause decides the status: 4xx with a sentence for the editor, 503 with `Retry-After` for the stream.
2. Internal details never go to a client; they are logged once.
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
"""The desk page sends it with each request: it acts on the problem type and not on the status."""
CODES: Final = tuple(
    """
    bad-request bad-parameter not-found method withdrawn head-too-large stream-away malformed cut-off key if-match
    unknown-name unauthorized token-refused role-act foreign-origin welcome-refused no-item hold-not-usable
    release-not-held unreadable answer-unreadable publish-again too-slow stale too-large not-json not-an-object invalid
    key-reused if-match-missing canary-rate rate internal desk-file
    database-away
    """.split()
)
"""Every problem type of the desk, as docs/protocol.md lists them."""


class ApiError(Exception):
    """An error answer: its status, its problem type, the parameters of its sentence, and further headers."""

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
    """The answer to a request that the rules of `publisher.core` refused."""
    if isinstance(error, RefusalsError):
        return ApiError(422, "invalid", errors=error.refusals)
    if isinstance(error, MalformedError):
        return ApiError(400 if error.code == "malformed" else 422, error.code)
    if isinstance(error, ConflictError):
        return ApiError(409, error.code, headers=None, errors=(), **error.parameters)
    return ApiError(422, "invalid", errors=[error])


def from_http(error: HTTPException) -> ApiError:
    """The answer to a request that Starlette's router refused."""
    code = {404: "not-found", 405: "method"}.get(error.status_code, "internal")
    return ApiError(error.status_code if code != "internal" else 500, code, headers=error.headers)


def unavailable(code: str = "stream-away") -> ApiError:
    """The answer while the stream or the desk's database cannot be used."""
    return ApiError(503, code, headers={"Retry-After": str(RETRY_SECONDS)})


def problem_response(request: Request, error: ApiError) -> Response:
    """`error` as application/problem+json in the client's language."""
    language = reading_language(request.headers.get("accept-language", ""))
    if error.status == 401 and PAGE_HEADER in request.headers:
        # After a 401 a browser drops its credentials for a proxy in front of the desk, and asks for them again. Some
        # proxies remove the credentials from the request, so the desk cannot see whether there are any.
        error = ApiError(403, error.code)
    return Response(_problem(error, language).body(), error.status, _headers(error, language), MEDIA_TYPE)


def problem_bytes(error: ApiError, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The whole HTTP response to a request that never reaches the application; `headers` are the request's."""
    language = reading_language(dict(headers).get(b"accept-language", b"").decode("latin-1"))
    body = _problem(error, language).body()
    fields = {**SECURITY_HEADERS, **_headers(error, language), "Cache-Control": "no-store", "Content-Type": MEDIA_TYPE}
    fields |= {"Content-Length": str(len(body)), "Connection": "close"}
    return b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (error.status, TITLES[error.status].encode(), lines(fields), body)


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
