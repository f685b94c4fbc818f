* Asks PSPP for the tests of counts that SPSS CROSSTABS prints.
* The tables are those of the same names in contingency.R.
* Run by pspp.py.

SET FORMAT=F20.10.
DATA LIST LIST NOTABLE /grade group count.
BEGIN DATA
1 1 20
1 2 5
2 1 4
2 2 8
3 1 1
3 2 1
4 1 1
5 2 7
6 2 2
END DATA.
WEIGHT BY count.
CROSSTABS /TABLES=grade BY group /CELLS=COUNT /STATISTICS=CHISQ.

DATA LIST LIST NOTABLE /male group count.
BEGIN DATA
1 1 12
1 2 13
2 1 14
2 2 10
END DATA.
WEIGHT BY count.
CROSSTABS /TABLES=male BY group /CELLS=COUNT /STATISTICS=CHISQ.

DATA LIST LIST NOTABLE /progression group count.
BEGIN DATA
1 1 1
1 2 3
2 1 25
2 2 20
END DATA.
WEIGHT BY count.
CROSSTABS /TABLES=progression BY group /CELLS=COUNT /STATISTICS=CHISQ.

DATA LIST LIST NOTABLE /location group count.
BEGIN DATA
1 1 13
1 2 13
2 1 4
2 2 2
3 1 6
3 2 4
4 1 3
4 2 4
END DATA.
WEIGHT BY count.
CROSSTABS /TABLES=location BY group /CELLS=COUNT /STATISTICS=CHISQ.
