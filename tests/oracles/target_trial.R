# Asks R for the emulation of a target trial, transplantation within two months against none, by clones,
# censoring and weights, for tests/analyses/test_target_trial.py. Run in this folder: Rscript target_trial.R
source("answer.R")
suppressMessages(library(survival))

stanford <- read.csv("../../data/examples/stanford.csv")
end <- 2 / 12
d <- with(stanford, data.frame(id = patient, age = age_years, time = os_years, died = os_event))
# A transplantation on the last day counts half a day before, as in `heart`
d$left <- with(stanford, ifelse(group == "surgery", pmin(months_to_surgery / 12, pmax(d$time - 0.5 / 365.25, 0)), Inf))
# A day in months and the same in years are one
d[c("time", "left")] <- round(d[c("time", "left")], 8)
d$operated <- as.integer(d$left <= end)
d$left[d$operated == 0] <- Inf
d$stop <- pmin(d$time, d$left)
control <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100, timefix = FALSE)

emulate <- function(covariates) {
  right <- if (length(covariates)) covariates else "1"
  # Without: a copy leaves at the transplantation
  leaving <- coxph(reformulate(right, "Surv(stop, operated)"), d, ties = "breslow", control = control)
  baseline <- if (length(covariates)) basehaz(leaving, centered = FALSE) else basehaz(leaving)
  relative <- if (length(covariates)) exp(drop(as.matrix(d[covariates]) %*% coef(leaving))) else rep(1, nrow(d))
  d$relative <- relative
  without <- transform(d, event = died * (1 - operated))
  without <- survSplit(Surv(stop, event) ~ ., without, cut = sort(unique(d$left[d$operated == 1])), start = "start")
  hazard <- c(0, baseline$hazard)[1 + findInterval(without$start + 1e-9, baseline$time)]
  without$w <- exp(hazard * without$relative)
  without$arm <- 0
  # With: a copy leaves at the end of the two months without one
  beyond <- d$time > end
  fit <- glm(reformulate(right, "operated"), binomial, d[beyond, ], control = glm.control(epsilon = 1e-15, maxit = 100))
  d$stay[beyond] <- fitted(fit)
  with <- survSplit(Surv(time, died) ~ ., d[c("time", "died", "operated", "stay")], cut = end, start = "start")
  with <- subset(with, start == 0 | operated == 1)
  with$w <- ifelse(with$start > 0, 1 / with$stay, 1)
  with$arm <- 1
  names(with)[match(c("time", "died"), names(with))] <- c("stop", "event")
  columns <- c("start", "stop", "event", "w", "arm")
  rows <- rbind(without[columns], with[columns])
  trial <- coxph(Surv(start, stop, event) ~ arm, rows, weights = w, ties = "breslow", control = control)
  alive <- summary(survfit(Surv(start, stop, event) ~ arm, rows, weights = w, timefix = FALSE), times = 5, extend = TRUE)
  list(hr = unname(exp(coef(trial))), alive_without = alive$surv[1], alive_surgery = alive$surv[2])
}

answer("target_trial.json", list(none = emulate(character()), age_years = emulate("age")))
