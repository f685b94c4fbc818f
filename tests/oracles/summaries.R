# Asks R for the tests and quantiles of tests/statistics/test_summaries.py.
# Run in this folder: Rscript summaries.R
source("answer.R")

lung <- read.csv("data/lung.csv")
ovarian <- read.csv("data/ovarian.csv")
samples <- list(
  ages = list(x = ovarian$age[ovarian$rx == 1], y = ovarian$age[ovarian$rx == 2]),
  kps = list(x = c(100, 100, 90, 100, 80, 90, 100), y = c(90, 90, 100, 80, 70, 90)),
  weights = list(x = lung$age[lung$sex == 1], y = lung$age[lung$sex == 2]),
  small = list(x = c(1, 2, 3, 4, 5), y = c(2.5, 9, 11))
)
probabilities <- c(0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
two_samples <- lapply(samples, function(s) list(
  x = s$x, y = s$y,
  summary = c(mean(s$x), sd(s$x), length(s$x), mean(s$y), sd(s$y), length(s$y)),
  t_pooled = t.test(s$x, s$y, var.equal = TRUE)$p.value,
  t_welch = t.test(s$x, s$y)$p.value,
  union = c(mean(c(s$x, s$y)), sd(c(s$x, s$y))),
  mann_whitney = wilcox.test(s$x, s$y, exact = FALSE, correct = FALSE)$p.value,
  quantiles_of_x = unname(quantile(s$x, probabilities, type = 6)),
  hinges_of_x = fivenum(s$x)[c(2, 4)]
))

# t tests from means and SDs alone, written out: R has none
from_summary <- function(m1, s1, n1, m2, s2, n2) {
  v1 <- s1^2 / n1
  v2 <- s2^2 / n2
  pooled <- ((n1 - 1) * s1^2 + (n2 - 1) * s2^2) / (n1 + n2 - 2)
  list(
    summary = c(m1, s1, n1, m2, s2, n2),
    pooled = 2 * pt(-abs(m1 - m2) / sqrt(pooled * (1 / n1 + 1 / n2)), n1 + n2 - 2),
    welch = 2 * pt(-abs(m1 - m2) / sqrt(v1 + v2), (v1 + v2)^2 / (v1^2 / (n1 - 1) + v2^2 / (n2 - 1)))
  )
}

answer("summaries.json", list(
  probabilities = probabilities,
  two_samples = two_samples,
  t_from_summary = list(
    from_summary(54.7, 9.7, 26, 57.7, 13.8, 23), from_summary(59, 25, 13, 41, 21, 11)
  )
))
