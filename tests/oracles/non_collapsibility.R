# Asks R for the Cox model of a treatment alone where a prognostic factor, balanced between the arms, is left out,
# for tests/statistics/test_non_collapsibility.py. The patients are the quantiles of exponential times, so many that
# the answer is good to four digits. Run in this folder: Rscript non_collapsibility.R
source("answer.R")
suppressMessages(library(survival))

marginal <- function(hr, prognostic_hr, share, dead, n = 40000) {
  cells <- expand.grid(treated = 0:1, factor = 0:1)
  cells$n <- n * ifelse(cells$factor == 1, share, 1 - share)
  d <- do.call(rbind, lapply(seq_len(nrow(cells)), function(i) {
    c <- cells[i, ]
    rate <- hr^c$treated * prognostic_hr^c$factor
    data.frame(treated = c$treated, time = qexp((seq_len(c$n) - 0.5) / c$n, rate))
  }))
  end <- quantile(d$time, dead, type = 1)
  d$event <- as.integer(d$time <= end)
  d$time <- pmin(d$time, end)
  fit <- coxph(Surv(time, event) ~ treated, d, ties = "breslow", control = coxph.control(timefix = FALSE))
  list(hr = hr, prognostic_hr = prognostic_hr, share = share, dead = dead, marginal = unname(exp(coef(fit))))
}

answer("non_collapsibility.json", list(cases = list(
  marginal(0.5, 0.1, 0.5, 0.8), marginal(0.629, 0.264, 0.51, 0.47), marginal(2, 0.3, 0.25, 0.95), marginal(1, 0.2, 0.5, 0.5)
)))
