"""Check that the Chinese catalogue holds every text of the program, or bring it up to date with --write.

The check works on a copy: it collects all texts as `makemessages` does and reports those without a translation.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LOCALE = "zh_Hans"
DOMAINS = {"django": [], "djangojs": ["--domain", "djangojs"]}
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".data", "staticfiles", "tests", "__pycache__", ".*_cache")
SHOWN = 30


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="update and compile locale/ instead of checking it")
    options = parser.parse_args()
    if shutil.which("xgettext") is None:
        print("Translations are NOT checked: xgettext is missing (Debian: apt-get install gettext).")
        return 1 if os.environ.get("CI") else 0
    if options.write:
        collect(PROJECT)
        compile_catalogues(PROJECT)
        return 0
    return check()


def check() -> int:
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "copy"
        shutil.copytree(PROJECT, copy, ignore=LEFT_OUT, symlinks=True)
        collect(copy)
        missing = [text for catalogue in catalogues(copy) for text in untranslated(catalogue)]
        stale = [path.name for path in catalogues(PROJECT) if compiled(path) != stored(path)]
    for text in missing[:SHOWN]:
        print(f"no translation: {text}")
    if len(missing) > SHOWN:
        print(f"... and {len(missing) - SHOWN} more")
    for name in stale:
        print(f"locale/{LOCALE}: the compiled file of {name} is not up to date")
    if missing or stale:
        print("Run `make translations`, translate what is empty or fuzzy, and run it again.")
        return 1
    print("Translations are complete.")
    return 0


def collect(folder: Path) -> None:
    (folder / "locale").mkdir(exist_ok=True)
    for arguments in DOMAINS.values():
        command = [sys.executable, "-m", "django", "makemessages", "--locale", LOCALE, "--no-wrap", "--no-obsolete"]
        ignored = [f"--ignore={name}" for name in (".venv", ".data", "staticfiles", "tests", ".ci")]
        subprocess.run(
            [*command, "--add-location", "file", *ignored, *arguments],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
        )


def compile_catalogues(folder: Path) -> None:
    for path in catalogues(folder):
        path.with_suffix(".mo").write_bytes(compiled(path))


def catalogues(folder: Path) -> list[Path]:
    names = [folder / "locale" / LOCALE / "LC_MESSAGES" / f"{domain}.po" for domain in DOMAINS]
    return [path for path in names if path.exists()]


def untranslated(catalogue: Path) -> list[str]:
    """Return the texts without translation, fuzzy ones included."""
    texts = []
    for state in ("--untranslated", "--only-fuzzy"):
        output = subprocess.run(
            ["msgattrib", state, "--no-obsolete", "--no-wrap", str(catalogue)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        texts += [
            line.removeprefix("msgid ")
            for line in output.splitlines()
            if line.startswith("msgid ") and line != 'msgid ""'
        ]
    return texts


def compiled(catalogue: Path) -> bytes:
    return subprocess.run(
        ["msgfmt", "--check-format", "--no-hash", "-o", "-", str(catalogue)], check=True, capture_output=True
    ).stdout


def stored(catalogue: Path) -> bytes:
    path = catalogue.with_suffix(".mo")
    return path.read_bytes() if path.exists() else b""


if __name__ == "__main__":
    sys.exit(main())
