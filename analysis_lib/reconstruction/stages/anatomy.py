"""Where the tumour lies, which vessels and organs it touches, and the operation that follows from it."""

from __future__ import annotations

import numpy as np

from analysis_lib.base.errors import InputError
from analysis_lib.printed.names import OTHER_VESSELS, VESSELS
from analysis_lib.reconstruction.stages import metastases
from analysis_lib.reconstruction.stages.builder import Builder
from analysis_lib.reconstruction.stages.state import SearchFailed
from analysis_lib.targets.catalogue import COMPLICATIONS, GROUPS

# Of the contact with vessels: an artery too; a vein beyond 180° or occluded; an artery so.
_ARTERY, _VEIN_BEYOND_180, _ARTERY_BEYOND_180 = 3, (2, 4, 6), (5, 6)
# Vessels beside the head of the pancreas only.
_OF_THE_HEAD = ("gda", "ivc", "jejunal_arteries", "jejunal_veins")
# A tumour of so few mm reaches no more than so many of the five named vessels.
SMALL_MM, REACHED_BY_SMALL = 20, 2
# Share of a tumour that is left, above which its contact with vessels may have grown.
STILL_AS_LARGE = 0.9
_TRIES = 200


def find_anatomy(build: Builder) -> None:
    """Location, contact with vessels before and after PRRT, invasion of organs, operation and complications.

    Raises
    ------
    SearchFailed
        If random choices left no room for a count.
    InputError
        If printed counts contradict each other.
    """
    build.allocate("tumour_location", {v: f"table1.{v}" for v in ("head", "body", "tail", "multiple")}, None)
    for _ in range(_TRIES):
        _contact(build)
        resected = _resected(build)
        if resected is not None:
            break
    else:
        raise SearchFailed("no patients have vessels to resect")
    _named_vessels(build, resected)
    build.until_not_significant(lambda: _counted_vessels(build))
    _organs(build)
    _operation(build)


def _of_the_head(build: Builder) -> np.ndarray:
    return np.isin(build.columns["tumour_location"], ("head", "multiple"))


def _contact(build: Builder) -> None:
    """Categories of contact with vessels before and after PRRT, by one of the tables of moves that fit."""
    c, rng = build.columns, build.rng
    before, after = np.full(build.n, np.nan), np.full(build.n, np.nan)
    left = c["tumour_size_post_mm"] / c["tumour_size_mm"]
    may_grow = (c["best_response"] != "PR") & (left > STILL_AS_LARGE)
    may_go_back = (c["best_response"] != "PD") & (left <= 1)
    for g in GROUPS[1:]:
        tables = build.blocks.transitions[g]
        if not len(tables):
            raise InputError(f"no moves between Table 4's categories fit its totals for {g}")
        table = tables[rng.integers(len(tables))]
        members = build.members[g]
        # Without any scan after PRRT there was nothing to grade.
        never = members[np.isnan(c["tumour_size_post_mm"][members])]
        unscanned = members.size - int(table.sum())
        more = build.choose(np.setdiff1d(members, never), unscanned - never.size, "patients without scans")
        graded = rng.permutation(np.setdiff1d(members, [*never, *more]))
        moves = np.array([(i, j) for i in range(len(table)) for j in range(len(table)) for _ in range(table[i, j])])
        moves = rng.permutation(moves)
        # An artery that is still held beyond 180° goes with a margin that is not clear, as far as may be.
        moves = moves[np.argsort(~np.isin(moves[:, 1], _ARTERY_BEYOND_180), kind="stable")]
        graded = graded[np.argsort(c["resection_margin"][graded] != "R1", kind="stable")]
        step = np.sign(moves[:, 1] - moves[:, 0])
        # Contact grows with no tumour that responded or shrank, and goes back with none that progressed or grew.
        for sign, able in ((1, may_grow), (-1, may_go_back)):
            who = build.choose(graded[able[graded]], int((step == sign).sum()), "contact that grew or went back")
            who = who[np.argsort(c["resection_margin"][who] != "R1", kind="stable")]
            before[who], after[who] = moves[step == sign].T
            graded = graded[~np.isin(graded, who)]
        before[graded], after[graded] = moves[step == 0].T
    c["tvi_pre"], c["tvi_post"] = before, after


def _resected(build: Builder) -> dict[str, np.ndarray] | None:
    """Who had which vessel resected, or the portal vein's thrombus removed; None where too few can have.

    A vessel is resected that the tumour still touched: the coeliac axis with the body and tail (Appleby's operation),
    the veins with the head.
    """
    c, rng = build.columns, build.rng
    head, operated = _of_the_head(build), build.operated
    able = {
        "ca": operated & ~head & (c["tvi_pre"] >= _ARTERY) & (c["tvi_post"] >= _ARTERY),
        "smv": operated & head & (c["tvi_pre"] >= 1) & (c["tvi_post"] >= 1),
    }
    able["pv"] = able["smv"]
    beyond = {"ca": _ARTERY_BEYOND_180, "smv": _VEIN_BEYOND_180, "pv": _VEIN_BEYOND_180}
    resected, free = {}, np.ones(build.n, dtype=bool)
    for vessel, who in able.items():
        number = build.count(f"results-surgery.resection_{vessel}.surgery.count")
        left = np.flatnonzero(who & free)
        if left.size < number:
            return None
        # First those in whom it was touched beyond 180° still.
        left = rng.permutation(left)
        left = left[np.argsort(~np.isin(c["tvi_post"][left], beyond[vessel]), kind="stable")]
        resected[vessel] = left[:number]
        free[resected[vessel]] = False
    clotted = np.flatnonzero(operated & np.isin(c["tvi_pre"], _VEIN_BEYOND_180))
    number = build.count("results-surgery.thrombectomy_pv.surgery.count")
    if clotted.size < number:
        return None
    resected["thrombus"] = rng.choice(clotted, number, replace=False)
    return resected


def _named_vessels(build: Builder, resected: dict[str, np.ndarray]) -> None:
    """Which vessels are involved: as many of each as printed, in keeping with the categories and with surgery."""
    rng, n, before = build.rng, build.n, build.columns["tvi_pre"]
    totals = {v: build.count(f"table4.vessel_{v}.all.count") for v in (*VESSELS, *OTHER_VESSELS)}
    vein, artery = before >= 1, before >= _ARTERY
    small = build.columns["tumour_size_mm"] < SMALL_MM
    box = build.targets.box(tuple(f"table4.vessels_before.all.{s}" for s in ("median", "range_lo", "range_hi")))
    needed = {v: resected.get(v, np.empty(0, np.int64)) for v in VESSELS}
    needed["pv"] = np.union1d(needed["pv"], resected["thrombus"])
    for _ in range(_TRIES):
        involved = {v: np.zeros(n, dtype=object) for v in totals}
        # What surgery needs, then one vein or artery to each patient who has none yet, then the rest of each total.
        for v in VESSELS:
            involved[v][needed[v]] = 1
        rest = {v: totals[v] - int((involved[v] == 1).sum()) for v in VESSELS}
        for kinds, having in ((VESSELS[:2], vein), (VESSELS[2:], artery)):
            none = rng.permutation(np.flatnonzero(having & ~np.any([involved[v] == 1 for v in kinds], axis=0)))
            spots = rng.permutation(np.repeat(kinds, [rest[v] for v in kinds]))
            if spots.size < none.size:
                raise SearchFailed("fewer vessels than patients with an interface")
            for v, patient in zip(spots, none, strict=False):
                involved[v][patient] = 1
                rest[v] -= 1
        for v in VESSELS:
            having = vein if v in VESSELS[:2] else artery
            reached = small & (sum(involved[v] for v in VESSELS) >= REACHED_BY_SMALL)
            free = np.flatnonzero(having & ~reached & (involved[v] == 0))
            involved[v][build.choose(free, rest[v], f"table4.vessel_{v}")] = 1
        number = sum(involved[v] for v in VESSELS)[vein].astype(float)
        values = np.array([np.median(number), number.min(), number.max()])
        if ((values >= box[0]) & (values <= box[1])).all():
            break
    else:
        raise SearchFailed("no vessels meet the printed median and range")
    _other_vessels(build, involved, totals)
    for v, values in involved.items():
        values[np.isnan(before)] = None
        build.columns[f"vessel_{v}"] = values
    resection = np.full(n, None, dtype=object)
    for v in VESSELS:
        resection[resected.get(v, [])] = v
    build.columns["vascular_resection"] = resection
    thrombectomy = np.where(build.operated, 0, None).astype(object)
    thrombectomy[resected["thrombus"]] = 1
    build.columns["portal_thrombectomy"] = thrombectomy


def _other_vessels(build: Builder, involved: dict[str, np.ndarray], totals: dict[str, int]) -> None:
    """Vessels that make no category: those of the head, and the splenic ones, which a tumour of the tail touches."""
    having, head = build.columns["tvi_pre"] >= 1, _of_the_head(build)
    for v in _OF_THE_HEAD:
        involved[v][build.choose(np.flatnonzero(having & head), totals[v], f"table4.vessel_{v}")] = 1
    artery, vein = (involved[f"splenic_{kind}"] for kind in ("artery", "vein"))
    artery[build.choose(np.flatnonzero(having), totals["splenic_artery"], "splenic arteries")] = 1
    sure = np.flatnonzero(having & ~head & (artery == 0))
    vein[sure] = 1
    vein[build.choose(np.flatnonzero(having & (vein == 0)), totals["splenic_vein"] - sure.size, "splenic veins")] = 1


def _counted_vessels(build: Builder) -> np.ndarray:
    """How many vessels are involved after PRRT: at least one vein and, from category 3, one artery; more than before
    only where contact grew.
    """
    c = build.columns
    before, after = c["tvi_pre"], c["tvi_post"]
    low = np.where(after >= _ARTERY, 2, np.where(after >= 1, 1, 0))
    high = np.where(after >= _ARTERY, 5, np.where(after >= 1, 2, 0))
    number_before = sum(c[f"vessel_{v}"] == 1 for v in VESSELS)
    high = np.where(after > before, high, np.maximum(low, np.minimum(high, number_before)))
    box = build.targets.box(
        tuple(f"results-radiology.vessels_after.all.{s}" for s in ("median", "range_lo", "range_hi"))
    )
    for _ in range(_TRIES):
        number = low + build.rng.binomial(high - low, 0.25)
        seen = number[after >= 1]
        values = np.array([np.median(seen), seen.min(), seen.max()])
        if ((values >= box[0]) & (values <= box[1])).all():
            c["vessels_post"] = np.where(np.isnan(after), np.nan, number)
            return c["vessels_post"]
    raise SearchFailed("no numbers of vessels after PRRT meet the printed median and range")


def _organs(build: Builder) -> None:
    """Invasion of organs, before PRRT in all with neither contact with vessels nor metastases: why else PRRT first?"""
    c = build.columns
    graded = ~np.isnan(c["tvi_pre"])
    sure = (c["tvi_pre"] == 0) & ~metastases.anywhere(c)
    before = np.where(graded, 0, None).astype(object)
    for group, number in build.counts("results-radiology.organ_before").items():
        members = build.members[group]
        able, certain = members[(graded & ~sure)[members]], members[sure[members]]
        if certain.size > number:
            raise SearchFailed("more patients with nothing in the way of an operation than organs that were invaded")
        before[certain] = 1
        before[build.choose(able, number - certain.size, "invaded organs")] = 1
    c["organ_invasion_pre"] = before

    def after() -> np.ndarray:
        values = build.allocate("organ_invasion_post", {1: "results-radiology.organ_after"}, 0, able=before == 1)
        values[~graded] = None
        return values

    # By the printed counts invasion after PRRT is significant for surgery, whoever it is.
    build.until_not_significant(after, death_only=True)


def _operation(build: Builder) -> None:
    """The operation, and complications in keeping with it."""
    c, who, dead = build.columns, build.members["surgery"], build.state.postoperative
    head = _of_the_head(build)
    kinds = {"whipple": "table3.whipple", "pylorus_preserving": "table3.pppd", "distal": "table3.distal"}
    type_ = np.full(build.n, None, dtype=object)
    for kind, stem in kinds.items():
        able = who[(~head if kind == "distal" else head)[who] & (type_[who] == None)]  # noqa: E711
        type_[build.choose(able, build.count(f"{stem}.surgery.count"), stem)] = kind
    c["surgery_type"] = type_
    with_bile_duct = np.isin(type_, ("whipple", "pylorus_preserving"))
    able = {
        "v_haemorrhage": np.arange(build.n) == dead,
        "iiib_bypass_occlusion": np.isin(c["vascular_resection"], ("smv", "pv")),
        "iiib_stenosis": with_bile_duct,
        "ii_gastric_emptying": with_bile_duct,
    }
    # The death of the operation and an occluded bypass are complications; the others are drawn.
    sure = np.union1d([dead], build.choose(np.flatnonzero(able["iiib_bypass_occlusion"]), 1, "venous bypass"))
    number = build.count("table3.complications.surgery.count") - sure.size
    ill = np.concatenate([sure, build.choose(np.setdiff1d(who, sure), number, "complications")])
    build.events("complication_", {k: f"table3.complication_{k}" for k in COMPLICATIONS}, ill, able)
