"""Patterns: what they match, and which are refused."""

from __future__ import annotations

import pytest

from legato.core.conditions.matching import read_pattern


@pytest.mark.parametrize(
    ("pattern", "matched", "others"),
    [
        ("", ["", "a"], []),
        ("a", ["a", "cab"], ["", "b", "A"]),
        ("^ab$", ["ab"], ["abc", "cab", "ab\n"]),
        (r"\Aab\z", ["ab"], ["abc", "cab"]),
        ("a.c", ["abc", "a-c"], ["ac", "a\nc"]),
        ("a|bc", ["a", "bc"], ["b", "c"]),
        ("^(a|b)+$", ["abba"], ["abc", ""]),
        ("^(?:ab){2,3}$", ["abab", "ababab"], ["ab", "abababab"]),
        ("^a{2}$", ["aa"], ["a", "aaa"]),
        ("^a{2,}$", ["aa", "aaaaa"], ["a"]),
        ("^a{0}b?$", ["", "b"], ["a"]),
        ("a{,2}", ["a{,2}"], ["a"]),
        ("^a*?b+?$", ["b", "aabb"], ["a"]),
        ("^[a-cx]+$", ["abcx"], ["d"]),
        ("^[^a-c]$", ["d", "-"], ["a"]),
        ("^[]a-]+$", ["]a-"], ["b"]),
        (r"^[\d\-\]]+$", ["1-]"], ["a"]),
        (r"^\d\w\s$", ["1a ", "0_\t"], ["a1 "]),
        (r"^\D\W\S$", ["a-b"], ["1-b"]),
        (r"^\.\*$", [".*"], ["aa"]),
        ("(?i)^straße$", ["STRAßE", "straße"], ["strasse"]),
        ("^ñ👟$", ["ñ👟"], ["n"]),
        ("a^b|c$d", [], ["ab", "cd"]),
    ],
)
def test_it_matches(pattern: str, matched: list[str], others: list[str]) -> None:
    read = read_pattern(pattern)
    assert [each for each in matched if not read.is_in(each)] == []
    assert [each for each in others if read.is_in(each)] == []


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", "a `(` is not closed"),
        (")", "a `)` without its `(`"),
        ("[a", "a `[` is not closed"),
        ("*", "nothing stands before `*`"),
        ("a**", "two repetitions on end"),
        ("a{2}{3}", "two repetitions on end"),
        ("a{3,2}", "the second number is less"),
        ("a{201}", "at most 200 times"),
        ("a{1000}", "at most 200 times"),
        ("(a{100}){100}", "repeated too often"),
        ("a" * 600, "too long"),
        ("(" * 30, "nested too deeply"),
        ("[b-a]", "runs backwards"),
        ("(?=a)", "there is only"),
        (r"(a)\1", "means nothing here"),
        (r"\b", "means nothing here"),
        ("\\", "means nothing here"),
        ("[[:alpha:]]", "classes are written"),
    ],
)
def test_what_it_cannot_be_is_told(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match="the pattern") as caught:
        read_pattern(pattern)
    assert why in str(caught.value)
