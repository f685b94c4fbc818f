"""A style sheet keeps the rules that a site can use, and loses those of classes and ids that stand nowhere."""

import sys

import pytest

from analysis_lib.base.paths import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import used_rules  # noqa: E402

KNOWN = used_rules.words(['<p class="a b-c" id="d">', 'x.classList.add("shown")'])


@pytest.mark.parametrize("css", ["p{x:1}", ".a{}", "p.a>.b-c:hover{}", "#d .shown{}", "*{}", ":root{--e:1}"])
def test_a_rule_of_an_element_a_known_class_or_id_stays(css):
    assert used_rules.used(css, KNOWN) == css


@pytest.mark.parametrize("css", [".e{x:1}", ".a .e{}", "#a-1{}", "p.b{}", ".shown.e::before{}"])
def test_a_rule_of_a_class_or_id_that_stands_nowhere_goes(css):
    assert used_rules.used(css, KNOWN) == ""


def test_of_several_selectors_those_that_can_match_stay():
    assert used_rules.used(".e, .a , p:is(.e, .b),.e p{x:1}", KNOWN) == ".a,p:is(.e, .b){x:1}"


@pytest.mark.parametrize("css", ["p:not(.e){}", "p:is(.e,.a){}", 'a[href=".e"]{}', ".a\\:e{}"])
def test_what_holds_without_the_class_stays(css):
    assert used_rules.used(css, KNOWN) == css


def test_a_condition_goes_with_its_last_rule_and_other_blocks_stay():
    css = "@media print{.e{x:1}.a{y:2}}@media screen{.e{}}@font-face{src:url(f.woff2)}@keyframes e{to{x:1}}@import 'a';"
    kept = "@media print{.a{y:2}}@font-face{src:url(f.woff2)}@keyframes e{to{x:1}}@import 'a';"
    assert used_rules.used(css, KNOWN) == kept


def test_braces_and_commas_in_texts_addresses_and_comments_mean_nothing():
    css = '/* .e { */.a::after{content:"} .e {"}p{background:url(data:a;b,{c})}'
    assert used_rules.used(css, KNOWN) == css.removeprefix("/* .e { */")
