"""The visual language: one source for figures and stylesheets, readable in both modes."""

from __future__ import annotations

import pytest

from k8slab.views import tokens

AA_TEXT, AA_SHAPE = 4.5, 3.0
MEANINGS = ("old", "new", "wait", "fail", "gone", "net", "store")


def test_the_stylesheet_says_what_the_tokens_say():
    """Run `python -m k8slab.views.tokens` after a change."""
    assert (tokens.STATIC / "tokens.css").read_text(encoding="utf-8") == tokens.css()


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("ground", ["surface", "raised"])
@pytest.mark.parametrize("ink", ["ink", "muted", *MEANINGS])
def test_text_can_be_read_on_page_and_card(mode, ground, ink):
    palette = tokens.PALETTE[mode]
    assert tokens.contrast(palette[ink], palette[ground]) >= AA_TEXT


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("fill", MEANINGS)
def test_text_can_be_read_on_a_filled_shape(mode, fill):
    palette = tokens.PALETTE[mode]
    assert tokens.contrast(palette["on-fill"], palette[fill]) >= AA_TEXT


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_border_of_something_to_press_can_be_seen(mode):
    palette = tokens.PALETTE[mode]
    assert min(tokens.contrast(palette["edge"], palette[ground]) for ground in ("surface", "raised")) >= AA_SHAPE


def test_contrast_is_that_of_wcag():
    assert tokens.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert tokens.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_both_modes_have_the_same_tokens():
    assert list(tokens.PALETTE["light"]) == list(tokens.PALETTE["dark"])


def test_stylesheets_name_no_colours_of_their_own():
    """But black and white, to mix with, and the palette file itself."""
    import re

    for path in sorted(tokens.STATIC.glob("*.css")):
        if path.name != "tokens.css":
            found = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", path.read_text(encoding="utf-8")))
            assert found <= {"#000", "#fff"}, path.name
