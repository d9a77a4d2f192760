"""Docstrings begin with a verb or a noun, not with a question word, and no private turn of phrase comes back."""

import ast
import re
from pathlib import Path

import pytest

import mdpzoo_combinatorial

ROOT = Path(mdpzoo_combinatorial.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
QUESTIONS = ("What", "Which", "Where", "Who", "Whose", "How")
PHRASES = {  # a form, and what to write instead
    r"\blikewise\b": "say what it is again",
    r"\bgoes on\b": "continues",
    r"\bwhoever\b": "a user, a caller",
    r"\bthat one\b": "name it",
    r"\bis what\b": "turn the sentence round",
    r"\bbut for\b": "except",
    r"\b(is|are) left\b(?! out)": "remains",
    r"\bwhere there (is|are)\b": "if there is",
    r"\b(asked|asks) for\b": "requested, first used",
    r"\bthe way (home|there)\b": "the return, the distance",
}


def docstrings(tree):
    """Docstrings of the module, its classes and functions, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            yield node.body[0].lineno, ast.get_docstring(node)


def phrases_in(text):
    """Forms within a docstring, whose line breaks do not matter."""
    joined = re.sub(r"\s+", " ", text)
    return [form for form in PHRASES if re.search(form, joined)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_docstrings_read_as_sentences(file):
    found = list(docstrings(ast.parse(file.read_text())))
    assert [(line, text.split("\n")[0]) for line, text in found if text.split()[0] in QUESTIONS] == []
    assert [(line, form, PHRASES[form]) for line, text in found for form in phrases_in(text)] == []


def test_a_question_and_a_phrase_are_seen():
    (found,) = docstrings(ast.parse('"""What is left of it."""'))
    assert found[1].split()[0] in QUESTIONS
    assert phrases_in(found[1]) == [r"\b(is|are) left\b(?! out)"]
