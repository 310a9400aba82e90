"""What this project stands on: writes and checks `docs/dependencies.md` and the lock for CI.

::

    python .ci/dependencies.py lock      .ci/constraints.txt from what is installed here
    python .ci/dependencies.py write     docs/dependencies.md from what is installed here
    python .ci/dependencies.py lowest    prints the lowest versions that pyproject.toml allows
    python .ci/dependencies.py check     both, the ranges and the advisories, without a network
"""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
LOCK = ROOT / ".ci" / "constraints.txt"
ADVISORIES = ROOT / ".ci" / "advisories.toml"
PAGE = ROOT / "docs" / "dependencies.md"
FIRST_PYTHON = "3.11.2"  # Debian 12's: a lock that its pip cannot fulfil has it search for ever
LOCKED_FOR = sys.platform == "linux" and sys.version_info[:2] == (3, 11)
OURS = "realtime-nb"
TESTS_EXTRAS = ("test", "local", "mcp", "webrtc")
USERS_EXTRAS = ("local", "formats", "images", "keyring", "mcp", "polars", "webrtc")

_BEGIN, _END = "<!-- licences: begin -->", "<!-- licences: end -->"
_LONGEST_LICENCE = 60
_NOT_IN_METADATA = {"espeakng-loader": "none stated; eSpeak NG inside: GPL-3.0-or-later"}
_CLASSIFIER = "License :: OSI Approved :: "


def project() -> dict[str, Any]:
    """Return the project table of `pyproject.toml`."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def asked(extras: tuple[str, ...]) -> list[Requirement]:
    """Return what the project asks for by itself and with some extras, but for itself."""
    table = project()
    lines = [
        *table["dependencies"],
        *(line for extra in extras for line in table["optional-dependencies"][extra]),
    ]
    read = [Requirement(line) for line in lines]
    return [one for one in read if canonicalize_name(one.name) != OURS]


@dataclass(frozen=True)
class Installed:
    """One distribution that is installed, and who wants it."""

    name: str
    version: str
    licence: str
    wanted_by: str


def installed(extras: tuple[str, ...]) -> list[Installed]:
    """Return what is installed of the requirements and of theirs in turn, by name."""
    found: dict[str, Installed] = {}
    seen: set[tuple[str, frozenset[str]]] = set()  # an extra of what is known asks for more
    waiting = [(one, "us") for one in asked(extras)]
    while waiting:
        wanted, by = waiting.pop(0)
        name = canonicalize_name(wanted.name)
        if wanted.marker is not None and not _holds(wanted, ""):
            continue
        if (name, frozenset(wanted.extras)) in seen:
            continue
        seen.add((name, frozenset(wanted.extras)))
        try:
            there = distribution(wanted.name)
        except PackageNotFoundError:
            continue  # an extra that is not installed here
        found.setdefault(name, Installed(name, there.version, licence_of(there), by))
        waiting += [(one, name) for one in _requirements(there, wanted.extras)]
    return [found[name] for name in sorted(found)]


def _requirements(there: Distribution, extras: set[str]) -> Iterator[Requirement]:
    for line in there.requires or ():
        one = Requirement(line)
        if one.marker is None or any(_holds(one, extra) for extra in ("", *extras)):
            one.marker = None
            yield one


def _holds(one: Requirement, extra: str) -> bool:
    return one.marker is None or one.marker.evaluate({"extra": extra})


def licence_of(there: Distribution) -> str:
    """Return a distribution's licence as it states it; ``"?"`` where it states none."""
    meta = there.metadata
    stated = (meta.get("License-Expression") or "").strip()
    if stated:
        return stated
    named = [
        line.removeprefix(_CLASSIFIER)
        for line in meta.get_all("Classifier") or ()
        if line.startswith(_CLASSIFIER)
    ]
    if named:
        return " / ".join(named)
    stated = (meta.get("License") or "").strip().partition("\n")[0]
    if 0 < len(stated) <= _LONGEST_LICENCE:
        return stated
    return _NOT_IN_METADATA.get(canonicalize_name(meta["Name"]), "?")


def table(rows: list[Installed]) -> str:
    """Return the licences as a table of Markdown."""
    lines = ["| package | licence | wanted by |", "|---|---|---|"]
    lines += [f"| {row.name} | {row.licence.replace('|', '/')} | {row.wanted_by} |" for row in rows]
    return "\n".join(lines)


def page(text: str, rows: list[Installed]) -> str:
    """Return the page with the table put between its marks."""
    head, _, rest = text.partition(_BEGIN)
    tail = rest.partition(_END)[2]
    return f"{head}{_BEGIN}\n{table(rows)}\n{_END}{tail}"


def locked() -> dict[str, str]:
    """Return the versions that CI installs, by canonical name."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


def lock_text() -> str:
    """Return the lock for what is installed here of all that the tests ask for."""
    rows = installed(TESTS_EXTRAS)
    head = (
        "# What CI installs, made by `make lock` from an environment in which every test passed.\n"
    )
    return head + "".join(f"{row.name}=={row.version}\n" for row in rows)


def lowest() -> str:
    """Return the lowest versions that are allowed, as constraints."""
    lines: list[str] = []
    for one in asked((*USERS_EXTRAS, "test")):
        lows = [part.version for part in one.specifier if part.operator in (">=", "==")]
        marker = f"; {one.marker}" if one.marker is not None else ""
        lines += [f"{one.name}=={low}{marker}" for low in lows]
    return "\n".join(sorted(set(lines)))


def complaints() -> list[str]:
    """Return what is wrong, a line each; empty when nothing is."""
    return [
        *_unbounded(),
        *_out_of_range(),
        *_insecure(),
        *_unlicensed(),
        *_unlisted(),
        *_unlocked(),
        *_too_new(),
    ]


def _unbounded() -> Iterator[str]:
    for one in asked((*USERS_EXTRAS, "test")):
        operators = {part.operator for part in one.specifier}
        if not ({">="} <= operators and operators & {"<", "<="}) and "==" not in operators:
            yield f"{one.name}: the range in pyproject.toml needs both ends, as in >=1.2,<2"


def _out_of_range() -> Iterator[str]:
    for one in asked((*USERS_EXTRAS, "test")):
        if not _holds(one, ""):
            continue
        for where, version in (
            ("installed", _version(one.name)),
            ("locked", locked().get(one.name)),
        ):
            if version is not None and not one.specifier.contains(version, prereleases=True):
                yield f"{one.name}: {version} is {where}, outside {one.specifier}"


def _insecure() -> Iterator[str]:
    lows = {
        canonicalize_name(one.name): part.version
        for one in asked((*USERS_EXTRAS, "test"))
        for part in one.specifier
        if part.operator == ">="
    }
    for entry in tomllib.loads(ADVISORIES.read_text(encoding="utf-8"))["advisory"]:
        name, fixed = canonicalize_name(entry["package"]), Version(entry["fixed"])
        there = {
            "installed": _version(name),
            "allowed": lows.get(name),
            "locked": locked().get(name),
        }
        for how, version in there.items():
            if version is not None and Version(version) < fixed:
                yield f"{name}: {version} is {how}; {entry['id']} is fixed in {fixed}"


def _unlicensed() -> Iterator[str]:
    for row in installed(USERS_EXTRAS):
        if row.licence == "?":
            yield f"{row.name}: states no licence; name it in docs/dependencies.md"


def _unlisted() -> Iterator[str]:
    text = PAGE.read_text(encoding="utf-8")
    for row in installed(USERS_EXTRAS):
        if f"| {row.name} | {row.licence.replace('|', '/')} |" not in text:
            yield f"{row.name} ({row.licence}): not in docs/dependencies.md; run `make licences`"


def _unlocked() -> Iterator[str]:
    known = locked()
    for row in installed(TESTS_EXTRAS):
        if row.name not in known:
            yield f"{row.name}: not in .ci/constraints.txt; run `make lock`"


def _too_new() -> Iterator[str]:
    for row in installed(TESTS_EXTRAS) if LOCKED_FOR else ():
        asks = distribution(row.name).metadata["Requires-Python"] or ""
        if not SpecifierSet(asks).contains(FIRST_PYTHON):
            yield (
                f"{row.name} {row.version}: asks for Python {asks}; install one that runs on"
                f" {FIRST_PYTHON}, then run `make lock`"
            )


def _version(name: str) -> str | None:
    try:
        return distribution(name).version
    except PackageNotFoundError:
        return None


def main() -> int:
    """Do what the command line says."""
    word = sys.argv[1] if len(sys.argv) == 2 else ""  # noqa: PLR2004 -- one word
    if word == "lock":
        LOCK.write_text(lock_text(), encoding="utf-8")
    elif word == "write":
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(page(text, installed(USERS_EXTRAS)), encoding="utf-8")
    elif word == "lowest":
        print(lowest())
    elif word == "check":
        found = complaints()
        print("\n".join(found) or "ranges, lock, licences and advisories agree")
        return bool(found)
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
