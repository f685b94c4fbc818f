# Asks R for adjusted p values, sign tests and an interval of a mean, for tests/ledger/test_settled.py and
# tests/chapters/test_multiplicity.py. Run in this folder: Rscript conclusions.R
source("answer.R")

p <- c(0.02, 0.003, 0.02, 0.20, 0.002, 0.04, 0.06)
falls_and_rises <- list(c(15, 3), c(7, 0), c(9, 8))
# Of a mean from 47 values with mean 26 and SD 19.
half <- qt(0.975, 46) * 19 / sqrt(47)
answer("conclusions.json", list(
  p = p,
  adjusted = list(holm = p.adjust(p, "holm"), fdr_bh = p.adjust(p, "BH")),
  sign_tests = lapply(falls_and_rises, function(k) list(falls = k[1], rises = k[2], p = binom.test(k[2], sum(k))$p.value)),
  mean_interval = c(26 - half, 26 + half)
))
