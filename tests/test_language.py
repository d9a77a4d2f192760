"""The forms that docs/design/house.md asks not to be used: none is left in docstrings, comments, texts or pages.

Sentences are looked for in everything that a reader sees; terms in the names of functions and of fields, since in prose
most of them are ordinary words.
"""

import ast
import io
import re
import tokenize
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(
    path
    for folder in ("mdpzoo", "plugins", "benchmarks", "docs")
    for path in (ROOT / folder).rglob("*.py")
    if not {"tests", "build"} & set(path.relative_to(ROOT).parts)
)
PAGES = sorted(
    {*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("plugins/*/README.md")}
    | {*ROOT.glob("plugins/*/*/pages/*.md"), *ROOT.glob("benchmarks/**/*.md")}
)
SENTENCES = {  # a form, and what to write instead
    r"\bthat there (is|are) not\b": "unknown",
    r"^\W*Refuses\b": "Raises ... if",
    r"\bKnows nothing\b": "Creates an untrained agent",
    r"\bTakes what (the|gives|is)\b": "say what the argument is",
    r"\bwhat the attributes say\b": "See the class attributes",
    r"\btaken over, not copied\b": "used without copying",
    r"\bmay not be (written|changed)( to)? any ?more\b": "become read-only",
    r"\bis (not|never) looked at\b": "is ignored",
    r"\b[Cc]arr(y|ies|ied) (\w+ ){1,3}out\b": "executes",
    r"\bthe most that (a|an|any|the) \w+ (may|can|must)\b": "maximum",
    r"\bcomes? trained\b": "pretrained",
    r"\b(has|have) learnt [\d{]": "trained ... for",
    r"\bits content tells\b": "is detected from the content",
    r"\btheir kin\b": "and related ...",
    r"\bthe time is up\b": "the time limit is reached",
    r"\blooks? at the clock\b": "checks of the time limit",
    r"\bso many at most\b": "at most ``count``",
    r"\bis at hand\b": "is available",
}
TERMS = {  # a name, and the field's term
    "law": "distribution",
    "laws": "distributions",
    "following": "next_state, next_observation",
    "told": "infos",
    "seen": "observation",
    "earned": "return",
    "places": "coordinates",
    "ways": "action_variants",
    "worth": "objective",
    "views": "symmetries",
    "pieces": "subproblems",
    "Left": "Remainder",
    "asked": "query",
    "offered": "key",
}
QUESTIONS = ("What", "Which", "Who", "Whose", "Where", "How", "That", "Those")  # a docstring begins with none of them


def texts_of(path):
    """Comments and strings of a module, with their lines; docstrings and messages are among them."""
    if not re.search("|".join(SENTENCES).replace("^", ""), joined(path.read_text())):
        return  # reading tokens takes a hundred times as long
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING) or tokenize.tok_name[token.type] == "FSTRING_MIDDLE":
            yield token.start[0], token.string


def joined(text):
    """The text without the breaks of its lines, so that they hide nothing."""
    return re.sub(r"\s*\n\s*#?\s*", " ", text)


def forms_in(text):
    """Forms within a text."""
    return [pattern for pattern in SENTENCES if re.search(pattern, joined(text))]


@pytest.mark.parametrize(
    "text",
    [
        '"""Refuses a setting that there is not."""',
        "Knows nothing.",
        "Takes what the attributes say.",
        "The arrays are taken over, not copied, where they may.",
        "and may not be written to any more",
        "What a step makes of a row\n    that has ended is not looked at.",
        "Carries a run out, and keeps what it learnt",
        "the most that a tour may be long",
        "or takes one that comes trained",
        "ppo has learnt 3000 steps of X",
        "Which one it is, its content tells.",
        "2-opt, Or-opt and their kin",
        "Searches until the time is up.",
        "nodes between two looks at the clock",
        "Tries those that wait, so many at most.",
        "every better answer is at hand",
    ],
)
def test_each_form_of_the_list_is_found(text):
    assert forms_in(text)


def test_no_sentence_of_the_code_has_such_a_form():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {form}, rather: {SENTENCES[form]}"
        for path in SOURCES
        for line, text in texts_of(path)
        for form in forms_in(text)
    ]
    assert found == []


def test_no_sentence_of_a_page_has_such_a_form():
    own = ROOT / "docs/design/house.md"  # it lists them
    found = [
        f"{path.relative_to(ROOT)}: {form}, rather: {SENTENCES[form]}"
        for path in PAGES
        if path != own
        for paragraph in path.read_text().split("\n\n")
        for form in forms_in(paragraph)
    ]
    assert found == []


def questions_in(text):
    """Lines of a module's docstrings that begin with a question word instead of a noun or a verb, with that word."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            word = re.match(r"\W*(\w*)", ast.get_docstring(node))[1]
            if word in QUESTIONS:
                yield node.body[0].lineno, word


def test_a_docstring_that_begins_with_a_question_word_is_found():
    assert list(questions_in('def save():\n    """What ``Run.save`` does."""')) == [(2, "What")]
    assert list(questions_in('"""Whole runs, and what they hold."""')) == []


def test_docstrings_begin_with_a_noun_or_a_verb():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {word} ..., rather a noun or a verb, as in: Returns ..."
        for path in SOURCES
        if path.relative_to(ROOT).parts[0] in ("mdpzoo", "plugins")
        for line, word in questions_in(path.read_text())
    ]
    assert found == []


@cache
def definitions():
    """Names of functions and classes, and of classes' fields, with where they stand."""
    return list(_definitions())


def _definitions():
    for path in SOURCES:
        if "benchmarks" in path.parts:
            continue  # scripts, which nobody imports
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield path, node.name.strip("_"), None
            if isinstance(node, ast.ClassDef):
                fields = [each.target for each in node.body if isinstance(each, ast.AnnAssign)]
                yield from ((path, each.id.strip("_"), node.name) for each in fields if isinstance(each, ast.Name))


def test_functions_and_classes_are_named_by_the_fields_terms():
    found = [
        f"{path.relative_to(ROOT)}: {name}, rather: {TERMS[name]}"
        for path, name, owner in definitions()
        if owner is None and name in TERMS
    ]
    assert found == []


def test_fields_are_named_by_the_fields_terms():
    found = [
        f"{path.relative_to(ROOT)}: {owner}.{name}, rather: {TERMS[name]}"
        for path, name, owner in definitions()
        if owner is not None and name in TERMS
    ]
    assert found == []
