"""The palette can be read by everybody: contrast on both grounds, and the theme's file says the same."""

import tomllib
from pathlib import Path

import pytest

from inquiry_pipeline.entrypoints import dashboard
from inquiry_pipeline.entrypoints.dashboard import palette, serving

HUES = [palette.BLUE, palette.SKY, palette.GREEN, palette.ORANGE, palette.VERMILION, palette.PURPLE, palette.GREY]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("hue", HUES)
def test_text_in_every_hue_is_legible_in_both_themes(hue: palette.Hue) -> None:
    assert all(contrast(hue.light, ground) >= 4.5 for ground in palette.GROUNDS["light"])
    assert all(contrast(hue.dark, ground) >= 4.5 for ground in palette.GROUNDS["dark"])


def test_what_is_filled_is_legible_too() -> None:
    """The uppermost priority and the first button: white on the light theme's hue, dark on the dark one's."""
    for hue in (palette.VERMILION, palette.BLUE):
        assert contrast("#ffffff", hue.light) >= 4.5
        assert contrast("#14181d", hue.dark) >= 4.5


def test_the_theme_has_the_grounds_that_the_hues_were_made_for() -> None:
    theme = tomllib.loads((Path(dashboard.__path__[0]) / "streamlit.toml").read_text())["theme"]
    for name in ("light", "dark"):
        grounds = theme[name]["backgroundColor"], theme[name]["secondaryBackgroundColor"]
        assert grounds == palette.GROUNDS[name]


def test_a_label_keeps_its_hue() -> None:
    assert palette.hue("something new") is palette.hue("something new")
    assert len({palette.hue(name).mark for name in ("low", "medium", "high", "critical")}) == 4


def test_the_server_tells_nobody_and_watches_no_files() -> None:
    manners = serving.manners()
    assert manners["browser_gatherUsageStats"] is False
    assert manners["server_fileWatcherType"] == "none"
    assert manners["client_showErrorDetails"] == "none"
