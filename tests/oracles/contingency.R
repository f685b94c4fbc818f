# Asks R for the tests and intervals of tests/statistics/test_contingency.py.
# Run in this folder: Rscript contingency.R
source("answer.R")

columns <- function(...) unname(cbind(...))
tables <- list(
  # Rows as the paper's Tables 1 and 2 have them (two groups of 26 and 23)
  grade = columns(c(20, 4, 1, 1, 0, 0), c(5, 8, 1, 0, 7, 2)),
  location = columns(c(13, 4, 6, 3), c(13, 2, 4, 4)),
  uptake = columns(c(0, 12, 11, 3), c(3, 12, 6, 2)),
  activity = columns(c(24, 1, 1, 0), c(14, 3, 4, 2)),
  response = columns(c(16, 10, 0, 0), c(6, 14, 2, 1)),
  male = columns(c(12, 14), c(13, 10)),
  progression = columns(c(1, 25), c(3, 20)),
  chemotherapy = columns(c(0, 26), c(1, 22)),
  # Other shapes
  tea = columns(c(3, 1), c(1, 3)),
  tall = columns(c(3, 5, 2, 6, 1, 4, 7), c(6, 2, 8, 1, 5, 3, 2)),
  square = columns(c(4, 1, 0), c(2, 6, 3), c(1, 2, 7)),
  wide = columns(c(1, 8), c(9, 2), c(3, 3), c(5, 0), c(2, 6)),
  sparse = columns(c(1, 0, 0, 2), c(0, 3, 0, 0), c(0, 0, 4, 1)),
  jobs = columns(c(1, 2, 1, 0), c(3, 3, 6, 1), c(10, 10, 14, 9), c(6, 7, 12, 11)),
  five_by_three = columns(c(9, 3, 1, 4, 2), c(2, 7, 5, 1, 3), c(4, 2, 8, 6, 1)),
  even = columns(c(5, 5, 5), c(5, 5, 5)),
  large = columns(c(120, 80), c(95, 130))
)

asked <- lapply(tables, function(table) {
  n <- sum(table)
  expected <- outer(rowSums(table), colSums(table)) / n
  g <- 2 * sum(ifelse(table > 0, table * log(table / expected), 0))
  df <- (nrow(table) - 1) * (ncol(table) - 1)
  scores <- list(row = rep(row(table), table), column = rep(col(table), table))
  trend <- (n - 1) * cor(scores$row, scores$column)^2
  answer <- list(
    table = table,
    fisher = fisher.test(table, workspace = 2e8)$p.value,
    pearson = suppressWarnings(chisq.test(table, correct = FALSE))$p.value,
    likelihood_ratio = pchisq(g, df, lower.tail = FALSE),
    linear_by_linear = pchisq(trend, 1, lower.tail = FALSE)
  )
  if (all(dim(table) == 2)) {
    answer$yates <- suppressWarnings(chisq.test(table))$p.value
  }
  answer
})

# The odds ratio as the binary logistic regression that SPSS would fit. glm's standard errors are a
# step behind its estimates, so it is fitted again from these.
odds <- lapply(tables[c("male", "progression", "tea", "large")], function(table) {
  fit <- glm(
    c(1, 1, 0, 0) ~ c(1, 0, 1, 0), binomial,
    weights = c(table[1, 1], table[2, 1], table[1, 2], table[2, 2]),
    control = glm.control(epsilon = 1e-15, maxit = 100)
  )
  wald(update(fit, start = coef(fit)))[2, ]
})
names(odds) <- c("male", "progression", "tea", "large")

proportions <- lapply(
  list(c(5, 17), c(0, 12), c(12, 12), c(22, 49), c(1, 40)),
  function(x) list(
    count = x[1], n = x[2],
    exact = binom.test(x[1], x[2])$conf.int[1:2],
    exact_90 = binom.test(x[1], x[2], conf.level = 0.9)$conf.int[1:2],
    wilson = suppressWarnings(prop.test(x[1], x[2], correct = FALSE))$conf.int[1:2]
  )
)

answer("contingency.json", list(tables = asked, odds_ratios = odds, proportions = proportions))
