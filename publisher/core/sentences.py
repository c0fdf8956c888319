"""Every sentence that the desk says to people, its own and the contract's, in the three languages of its interface."""

from typing import Final

from publisher.core.advice_sentences import ADVICE_SENTENCES
from publisher.core.field_sentences import FIELD_SENTENCES
from publisher.core.flow_sentences import FLOW_SENTENCES
from publisher.core.guard_sentences import GUARD_SENTENCES
from publisher.core.people_sentences import PEOPLE_SENTENCES
from publisher.core.problem_sentences import PROBLEM_SENTENCES
from publisher.core.warning_sentences import WARNING_SENTENCES
from ticker.contract.sentences import SENTENCES, RefusedError, join_catalogs

DESK_SENTENCES: Final = join_catalogs(
    FIELD_SENTENCES, GUARD_SENTENCES, PEOPLE_SENTENCES, PROBLEM_SENTENCES, FLOW_SENTENCES
)
CATALOG: Final = join_catalogs(SENTENCES, DESK_SENTENCES, WARNING_SENTENCES, ADVICE_SENTENCES)


def sentence(refusal: RefusedError, language: str = "en") -> str:
    """`refusal` as a sentence in `language`; in English where the interface does not have the language."""
    return refusal.sentence(language, CATALOG)
