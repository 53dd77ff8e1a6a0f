"""What the casebook refuses, so that it can be told in any language."""

from __future__ import annotations


class Refusal(Exception):
    """Something cannot be done as things stand.

    code    names the sentence, once for all languages: ``refusal.<code>`` in the desk's catalogue
    values  what stands in the sentence
    The message is the English sentence, which the catalogue repeats word by word.
    """

    def __init__(self, code: str, sentence: str, **values: object) -> None:
        super().__init__(sentence.format(**values))
        self.code = code
        self.values = values
