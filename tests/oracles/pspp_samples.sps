* Asks PSPP for percentiles, Tukey's hinges, Mann-Whitney and t tests.
* The samples are "ages" (ovarian.csv, age by rx) and "kps" of summaries.R.
* Run by pspp.py.

SET FORMAT=F20.10.
GET DATA /TYPE=TXT /FILE='data/ovarian.csv' /FIRSTCASE=2 /DELIMITERS=','
  /VARIABLES=time F8.0 event F1.0 age F10.4 rx F1.0 resid F1.0.
EXAMINE age BY rx /STATISTICS=DESCRIPTIVES
  /PERCENTILES(5, 10, 25, 50, 75, 90, 95)=HAVERAGE.
NPAR TESTS /MANN-WHITNEY=age BY rx(1, 2).
T-TEST /GROUPS=rx(1, 2) /VARIABLES=age.

DATA LIST LIST NOTABLE /kps sample.
BEGIN DATA
100 1
100 1
90 1
100 1
80 1
90 1
100 1
90 2
90 2
100 2
80 2
70 2
90 2
END DATA.
EXAMINE kps BY sample /STATISTICS=DESCRIPTIVES
  /PERCENTILES(5, 10, 25, 50, 75, 90, 95)=HAVERAGE.
NPAR TESTS /MANN-WHITNEY=kps BY sample(1, 2).
T-TEST /GROUPS=sample(1, 2) /VARIABLES=kps.
