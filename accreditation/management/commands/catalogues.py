"""`manage.py catalogues`: bring the catalogues of words to what the sources say, and compile them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accreditation.catalogues import PAGES, SCRIPTS, ensure_compiled, languages, untranslated, update


class Command(BaseCommand):
    """Collects every marked word into `locale/<language>/LC_MESSAGES/`, keeps what is translated, and compiles.

    `--compile` only compiles, as a deployment does before it starts; `--check` writes nothing and fails where a language
    that is offered lacks words.
    """

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """Which part of it to do."""
        parser.add_argument("--compile", action="store_true", help="Only compile what is newer than its compiled form.")
        parser.add_argument("--check", action="store_true", help="Only say which words are not translated.")
        parser.add_argument("--language", action="append", default=[], help="A language that isn't offered yet.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say how many words each language lacks."""
        chosen = [*languages(), *options["language"]]
        if options["check"]:
            self._check(chosen)
        elif not options["compile"]:
            for language in chosen:
                for domain in (PAGES, SCRIPTS):
                    update(language, domain)
                self.stdout.write(f"{language}: {self._missing(language)} words to translate")
        if not options["check"]:
            self.stdout.write(f"{ensure_compiled()} catalogues compiled")

    def _check(self, chosen: list[str]) -> None:
        lacking = {language: self._missing(language) for language in chosen}
        if any(lacking.values()):
            raise CommandError(
                ", ".join(f"{name}: {count} words to translate" for name, count in lacking.items() if count)
            )

    def _missing(self, language: str) -> int:
        return sum(len(untranslated(language, domain)) for domain in (PAGES, SCRIPTS))
