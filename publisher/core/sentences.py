"""All that the desk refuses, in the three languages of its interface; importing it adds them to the catalog."""

from typing import Final

from publisher.core.field_sentences import FIELD_SENTENCES
from publisher.core.problem_sentences import PROBLEM_SENTENCES
from ticker.contract.sentences import add_sentences

DESK_SENTENCES: Final[dict[str, dict[str, str]]] = {**FIELD_SENTENCES, **PROBLEM_SENTENCES}

add_sentences(DESK_SENTENCES)
