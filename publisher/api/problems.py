"""Errors as answers: each has a problem type and a sentence in the language that the client prefers.

1. The cause decides the status: 4xx with a sentence for the editor, 503 with `Retry-After` for the stream.
2. Internal details never go to a client; they are logged once.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from publisher.core.decode import MalformedError
from publisher.core.refusals import ConflictError, RefusalsError
from publisher.core.sentences import sentence
from ticker.contract.problem import MEDIA_TYPE, TITLES, FieldError, Problem
from ticker.contract.sentences import LANGUAGES, RefusedError
from ticker.shared.http.headers import SECURITY_HEADERS, lines
from ticker.shared.http.negotiate import preferred_language

RETRY_SECONDS: Final = 2
PAGE_HEADER: Final = "flashwire-page"
"""The desk page sends it with each request: it acts on the problem type and not on the status."""
InLanguages = dict[str, str] | UnsetType
"""A sentence in every language of the interface; only the desk page gets it."""
CODES: Final = tuple(
    """
    bad-query
    sign-in-refused sign-in-rate sign-in-again invitation-refused passkey-refused no-passkeys not-a-user last-way
    code-used edition-grant no-user no-token user-disabled last-chief
    bad-request bad-parameter not-found method withdrawn head-too-large stream-away malformed cut-off key if-match
    unknown-name unauthorized token-refused role-act role-action edition-act foreign-origin welcome-refused no-item
    not-a-translation stale-original original-withdrawn original-held
    hold-not-usable no-source-id stale-source source-exists
    release-not-held unreadable answer-unreadable publish-again too-slow stale too-large not-json not-an-object invalid
    key-reused if-match-missing canary-rate check-rate rate internal desk-file
    database-away audit-away no-draft draft-stale draft-used drafts-many bad-wait no-waiting not-waiting
    waiting-changed waiting-many waiting-uncertain approval-needed approval-own approval-changed role-approve
    publishing-stopped no-stop second-person
    """.split()
)
"""Every problem type of the desk, as docs/protocol.md lists them."""


class Reader(msgspec.Struct, frozen=True):
    """The client that reads an answer: its language, and whether it changes the language while it shows the answer."""

    language: str
    is_page: bool

    def in_languages(self, refusal: RefusedError) -> InLanguages:
        """The sentence of `refusal` in every language, for a client that shows it in another one later."""
        return {language: sentence(refusal, language) for language in LANGUAGES} if self.is_page else UNSET


class SpokenError(FieldError, frozen=True, omit_defaults=True):
    """A `FieldError` as a client reads it."""

    in_languages: InLanguages = msgspec.field(name="inLanguages", default=UNSET)


class _SpokenProblem(Problem, frozen=True, omit_defaults=True):
    in_languages: InLanguages = msgspec.field(name="inLanguages", default=UNSET)


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
        self.edition: str | None = None
        """The edition that it concerns, of a request for several."""
        super().__init__(f"{status} {code}")


def from_refusal(error: RefusedError | RefusalsError) -> ApiError:
    """The answer to a request that the rules of `publisher.core` refused."""
    if isinstance(error, RefusalsError):
        return ApiError(422, "invalid", errors=error.refusals)
    if isinstance(error, MalformedError):
        return ApiError(400 if error.code == "malformed" else 422, error.code)
    if isinstance(error, ConflictError):
        status = 412 if error.code.startswith("stale") else 409
        return ApiError(status, error.code, headers=None, errors=(), **error.parameters)
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
    reader = reader_of(request)
    if error.status == 401 and reader.is_page:
        # After a 401 a browser drops its credentials for a proxy in front of the desk, and asks for them again. Some
        # proxies remove the credentials from the request, so the desk cannot see whether there are any.
        error = ApiError(403, error.code)
    return Response(_problem(error, reader).body(), error.status, _headers(error, reader.language), MEDIA_TYPE)


def problem_member(request: Request, error: ApiError) -> msgspec.Raw:
    """`error` in the client's language, as one of several outcomes in a JSON answer."""
    return msgspec.Raw(_problem(error, reader_of(request)).body())


def problem_bytes(error: ApiError, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The whole HTTP response to a request that never reaches the application; `headers` are the request's."""
    known = dict(headers)
    accepted = known.get(b"accept-language", b"").decode("latin-1")
    reader = Reader(reading_language(accepted), PAGE_HEADER.encode() in known)
    body = _problem(error, reader).body()
    fields = {
        **SECURITY_HEADERS,
        **_headers(error, reader.language),
        "Cache-Control": "no-store",
        "Content-Type": MEDIA_TYPE,
    }
    fields |= {"Content-Length": str(len(body)), "Connection": "close"}
    return b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (error.status, TITLES[error.status].encode(), lines(fields), body)


def _problem(error: ApiError, reader: Reader) -> Problem:
    refusal = RefusedError(error.code, "", **error.parameters)
    return _SpokenProblem(
        slug=error.code,
        title=TITLES[error.status],
        status=error.status,
        detail=sentence(refusal, reader.language),
        errors=tuple(spoken(error.errors, reader)),
        in_languages=reader.in_languages(refusal),
    )


def spoken(refusals: Iterable[RefusedError], reader: Reader) -> list[SpokenError]:
    """`refusals` with their sentences for `reader`."""
    return [
        SpokenError(refusal.field, sentence(refusal, reader.language), refusal.code, reader.in_languages(refusal))
        for refusal in refusals
    ]


def _headers(error: ApiError, language: str) -> dict[str, str]:
    return {"Content-Language": language, "Vary": "Accept-Language", **error.headers}


def reader_of(request: Request) -> Reader:
    """The client that sent `request`."""
    return Reader(reading_language(request.headers.get("accept-language", "")), PAGE_HEADER in request.headers)


def reading_language(accepted: str) -> str:
    """The language of the interface that an `Accept-Language` header prefers, else English."""
    return preferred_language(accepted, LANGUAGES)
