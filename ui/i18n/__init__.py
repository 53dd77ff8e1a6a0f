"""Every sentence of the desk, in English and Chinese: one catalogue, `catalogue.toml`."""

from ui.i18n.words import LANGUAGES, Catalogue, Language, Words, load_catalogue

__all__ = ["LANGUAGES", "Catalogue", "Language", "Words", "load_catalogue"]
