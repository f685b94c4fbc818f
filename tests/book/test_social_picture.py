"""The social picture is of the size that other sites show, light, and the same each time."""

import struct
import sys

from analysis_lib.base.paths import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import social_picture  # noqa: E402

FRONT = "<h1>Does it?<a href='#x'>#</a></h1><p>In <strong>x</strong></p><p><strong>Nobody knows.</strong> So</p>"


def test_the_words_are_the_first_pages_question_and_finding():
    assert social_picture.words(FRONT) == ("Does it?", "Nobody knows.")
    assert social_picture.words("<h1>A page<a href></a></h1><p>Plain.</p>") is None


def test_the_picture_is_1200_by_630_light_and_repeatable(tmp_path):
    ratios = {"Unadjusted": ("0.264", "0.103", "0.678"), "Adjusted": ("0.629", "0.190", "2.086")}
    for name in ("a.png", "b.png"):
        social_picture.draw("Does it?", "Nobody knows.", ratios, tmp_path / name)
    first = (tmp_path / "a.png").read_bytes()
    assert struct.unpack(">II", first[16:24]) == (1200, 630)
    assert len(first) < 80_000 and first == (tmp_path / "b.png").read_bytes()
