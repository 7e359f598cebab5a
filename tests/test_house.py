"""The house rules that a machine can check: sizes, module sentences, documentation of commands and keys."""

import ast
import io
import re
import statistics
import tokenize
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tickerwire.cli.group import COMMANDS, root
from tickerwire.config import schemas

SOURCES = sorted(
    path
    for place in ("tickerwire", "crawler", "syndicate", "scheduler.py")
    for path in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
)
FUNCTION, FILE, WHOLE, WITH_DOCSTRINGS = 60, 400, 9_000, 10_400
SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> list[tuple[str, int]]:
    tree = ast.parse(path.read_text())
    return [
        (node.name, (node.end_lineno or 0) - node.lineno + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_module_is_small_and_says_what_goes_in_and_what_comes_out(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= FILE
    assert [f"{f}: {size}" for f, size in functions(path) if size > FUNCTION] == []
    assert ast.get_docstring(ast.parse(text)) or not text.strip()


def code_lines(path: Path) -> int:
    """Lines that hold code, as cloc counts them: neither blank, nor comment, nor docstring."""
    text = path.read_text()
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type not in SILENT]
    held = {line for token in tokens for line in range(token.start[0], token.end[0] + 1)}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
            held -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return len(held)


def test_the_whole_can_be_read_in_an_afternoon() -> None:
    sizes = [size for path in SOURCES for _, size in functions(path)]
    assert sum(map(code_lines, SOURCES)) <= WHOLE
    assert sum(bool(line.strip()) for path in SOURCES for line in path.read_text().splitlines()) <= WITH_DOCSTRINGS
    assert statistics.median(len(path.read_text().splitlines()) for path in SOURCES) <= 140
    assert statistics.median(sizes) <= 8


def test_every_command_is_documented_and_loads() -> None:
    pages = "".join(path.read_text() for path in [ROOT / "README.md", *ROOT.glob("docs/*.md")])
    with root.make_context("tickerwire", ["--help"], resilient_parsing=True) as context:
        for command in COMMANDS:
            assert root.get_command(context, command) is not None, command
            assert re.search(rf"`(tickerwire )?{command}\b", pages), f"{command} is in no page"


def test_every_configuration_key_is_documented() -> None:
    page = (ROOT / "docs/configuration.md").read_text()
    for schema in schemas().values():
        for table in [schema, *schema.get("$defs", {}).values()]:
            for key in table.get("properties", {}):
                assert re.search(rf"[`.\[]{key}[`\]. =]", page), key


def test_no_page_or_module_names_a_missing_file() -> None:
    for page in ROOT.glob("docs/*.md"):
        for link in re.findall(r"\]\(([^)#:]+\.md)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name} -> {link}"
    for link in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / link).exists(), link
