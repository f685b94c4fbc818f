# Asks R for the emulation of a target trial, transplantation within two months against none, by clones,
# censoring and weights, for tests/analyses/test_target_trial.py. Run in this folder: Rscript target_trial.R
source("answer.R")
source("emulation.R")
suppressMessages(library(survival))

stanford <- read.csv("../../data/examples/stanford.csv")
d <- with(stanford, data.frame(id = patient, age = age_years, time = os_years, died = os_event))
# A transplantation on the last day counts half a day before, as in `heart`
d$left <- with(stanford, ifelse(group == "surgery", pmin(months_to_surgery / 12, pmax(d$time - 0.5 / 365.25, 0)), Inf))
# A day in months and the same in years are one
d[c("time", "left")] <- round(d[c("time", "left")], 8)

of_trial <- function(covariates) {
  found <- emulate(d, covariates, end = 2 / 12)
  curves <- survfit(Surv(start, stop, event) ~ arm, found$rows, weights = w, timefix = FALSE)
  alive <- summary(curves, times = 5, extend = TRUE)
  list(hr = unname(exp(coef(found$trial))), alive_without = alive$surv[1], alive_surgery = alive$surv[2])
}

answer("target_trial.json", list(none = of_trial(character()), age_years = of_trial("age")))
