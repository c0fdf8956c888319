"""The exceptions of the client. Each message is one sentence for a person.

ClientError
├── SubscriptionRefusedError     the ticker refused the subscription as it is; do not retry
└── PublishError
    ├── NotPublishedError        nothing was published
    ├── UnknownOutcomeError      it may be published; ask again with the same key
    └── AnswerUnreadableError    it is published, and the desk can no longer read its answer
"""


class ClientError(Exception):
    """Base class of all errors that the client raises on purpose."""


class SubscriptionRefusedError(ClientError):
    """The ticker refused the subscription and will refuse it again: correct the address or the filter.

    `status` is the HTTP status or the WebSocket close code.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class PublishError(ClientError):
    """Base class of the errors of `publish` and `DeskClient`."""


class NotPublishedError(PublishError):
    """The desk refused the request, or never received it. Nothing was published."""


class UnknownOutcomeError(PublishError):
    """The request may have been done.

    Send the same body again with the same `key` and `sent_before=True`. With another key it may be published twice.
    """

    def __init__(self, message: str, key: str) -> None:
        super().__init__(message)
        self.key = key


class AnswerUnreadableError(PublishError):
    """The request was done before under this key. The desk can no longer read what it answered then."""
