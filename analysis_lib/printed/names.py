"""Names: what the paper calls its sections, groups and categories of contact with vessels, and what the book does."""

from __future__ import annotations

PLACES = {
    "abstract": "Abstract",
    "introduction": "Introduction",
    "methods": "Methods",
    "results-prrt": "Results, PRRT",
    "results-response": "Results, response",
    "results-surgery": "Results, surgery",
    "results-radiology": "Results, radiology",
    "results-survival": "Results, survival",
    "table1": "Table 1",
    "table2": "Table 2",
    "table3": "Table 3",
    "table4": "Table 4",
    "table5": "Table 5",
    "discussion": "Discussion",
}
NAMES = {"surgery": "PRRT + surgery", "prrt_only": "PRRT only", "all": "all patients", "": ""}
# What this book calls them.
GROUPS_IN_PROSE = {"surgery": "surgery group", "prrt_only": "no-surgery group"}

# Of Table 4: those that its categories are about, and the others.
VESSELS = ("smv", "pv", "cha", "sma", "ca")
OTHER_VESSELS = ("splenic_vein", "splenic_artery", "gda", "ivc", "jejunal_arteries", "jejunal_veins")
# Tumour-vessel interface, as Table 4 has it and the schema codes it: 0 none … 6 artery and vein both beyond 180°.
TVI_CATEGORIES = (
    "none",
    "vein_le",
    "vein_gt",
    "artery_le_vein_le",
    "artery_le_vein_gt",
    "artery_gt_vein_le",
    "artery_gt_vein_gt",
)
TVI_BEYOND_180 = tuple(code for code, name in enumerate(TVI_CATEGORIES) if "gt" in name)
TVI_WITHIN_180 = tuple(code for code in range(1, len(TVI_CATEGORIES)) if code not in TVI_BEYOND_180)
