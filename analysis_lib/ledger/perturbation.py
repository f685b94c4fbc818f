"""Perturbation: the audit with some printed numbers changed, where only what depends on them is judged anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property

from analysis_lib.ledger import audit, predictions, recipes
from analysis_lib.ledger.audit import Sources
from analysis_lib.ledger.methods import Derivation
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.printed import transcription
from analysis_lib.printed.number import Printed
from analysis_lib.printed.transcription import Transcription

# How changed numbers hang together with the rest, from the strongest: something is computed from them or they
# from something, or print one fact; or only limits connect them.
TIES = ("computed", "bounded", "nothing")


class Perturbation:
    """The audit with numbers of the transcription changed; only what depends on them is judged anew."""

    def __init__(self) -> None:
        self.numbers = transcription.load()
        known = recipes.load(self.numbers)
        self.sources = Sources(self.numbers, known, audit.met_by_cohorts(), predictions.load(self.numbers))
        self.dependents: dict[str, list[str]] = defaultdict(list)
        for id_, number in self.numbers.items():
            sources = {source for way in self.sources.ways(id_) for source in way.ids} | {id_}
            if number.same_as:
                sources.add(number.same_as)
            for source in sources:
                self.dependents[source].append(id_)

    @cached_property
    def claims_alone(self) -> dict[str, Claim]:
        """Each number's claim from other printed numbers alone."""
        return {id_: self.sources.judge(id_) for id_ in self.numbers}

    @cached_property
    def verdicts(self) -> dict[str, str]:
        """Each number's verdict in the whole audit."""
        return {id_: self.sources.claim(id_).verdict for id_ in self.numbers}

    def printing(self, digits: Mapping[str, str]) -> Sources:
        """What verdicts would rest on if some numbers were printed otherwise, by their ids."""
        changed = {id_: replace(self.numbers[id_], printed=Printed(text)) for id_, text in digits.items()}
        numbers = Transcription([changed.get(id_, number) for id_, number in self.numbers.items()])
        return replace(self.sources, numbers=numbers)

    def judged(self, sources: Sources, changed: Collection[str]) -> dict[str, Claim]:
        """The claims that depend on changed numbers, from other printed numbers alone.

        Raises
        ------
        InputError
            If the audit would refuse the transcription.
        """
        for id_ in changed:
            sources.numbers[id_].check()
        return {id_: sources.judge(id_) for id_ in dict.fromkeys(d for one in changed for d in self.dependents[one])}

    def differs_by_cohorts(self, sources: Sources, changed: Collection[str], judged: Mapping[str, Claim]) -> bool:
        """Whether a verdict of the whole audit is another one, and the one from print alone is not."""
        # A prediction counts only with the digits that its draws were made with.
        drawn_with = not self.drawn_with.isdisjoint(changed)
        if drawn_with:
            sources = replace(sources, withheld=predictions.load(sources.numbers))
        families = {id_ for one in changed for id_ in sources.families[self.numbers[one].same_as or one]}
        affected = judged.keys() | families | (self.withheld_facts if drawn_with else set())
        # The changed numbers first: they are the likeliest to have another verdict.
        return any(
            sources.claim(id_).verdict != self.verdicts[id_]
            and (id_ not in judged or judged[id_].verdict == self.claims_alone[id_].verdict)
            for id_ in sorted(affected, key=lambda id_: id_ not in changed)
        )

    @cached_property
    def drawn_with(self) -> set[str]:
        """Ids of all numbers whose digits the predictions' draws were made with."""
        return predictions.drawn_with()

    @cached_property
    def withheld_facts(self) -> set[str]:
        """Ids of all printings of facts that were withheld."""
        families = self.sources.families
        known = [self.numbers[one] for one in self.sources.withheld if one in self.numbers]
        return {id_ for one in known for id_ in families[one.same_as or one.id]}

    def tie(self, changed: Collection[str]) -> str:
        """The strongest tie, one of `TIES`, between numbers that are changed together and any that is not."""
        ties = {TIES[2]}
        for id_ in dict.fromkeys(d for one in changed for d in self.dependents[one]):
            for way in self.sources.ways(id_):
                tied = {id_, *way.ids}
                if not tied.isdisjoint(changed) and not tied.issubset(changed):
                    ties.add(TIES[0] if isinstance(way.method, Derivation) else TIES[1])
        families = self.sources.families
        if any(not set(families[self.numbers[one].same_as or one]).issubset(changed) for one in changed):
            ties.add(TIES[0])
        return min(ties, key=TIES.index)

    def reason(self, changed: Collection[str], judged: Mapping[str, Claim]) -> str:
        """Why other printed numbers do not give a change of these away, from the claims once they are changed."""
        tie = self.tie(changed)
        if tie == TIES[2]:
            return "nothing printed depends on it"
        if tie == TIES[1]:
            return "only limits depend on it, and it keeps to them"
        before = self.claims_alone
        if any(before[id_].verdict == "contradicted" for id_ in judged):
            return "what would show it is contradicted as the paper prints it"
        claims = [judged[id_] for id_ in changed]
        signs = {(claim.number.printed.relation, before[claim.id].number.printed.relation) for claim in claims}
        if {claim.number.statistic for claim in claims} == {"threshold"} and any(now != then for now, then in signs):
            return "words may stand for the sign of a limit that the authors set"
        if any(now != "=" for now, _ in signs):
            return "as a limit it agrees with what else is printed or computed"
        own = [claim for claim in claims if claim.outcomes]
        if not own:
            return "what is computed from it still prints as it did"
        if len({claim.number.same_as or claim.id for claim in own}) > 1:
            return "what depends on them holds in the other order too"
        if "within-rounding" in (own[0].verdict, before[own[0].id].verdict):
            return "the rounding of what it is computed from allows for it"
        names = {o.name for c in (before[own[0].id], own[0]) for o in c.outcomes if o.agrees == "digits" and o.stated}
        if len(names) > 1:
            return "the paper leaves open which test or which patients, and another reading gives these digits"
        return "what is recomputed is a half, which may be rounded up or to even"
