# Asks R for Table 5's models with each patient left out, and for what the selection rule then makes of the adjusted
# hazard ratio, in two simulated cohorts, for tests/analyses/test_influence.py. `python ensemble.py` runs it.
source("answer.R")
suppressMessages(library(survival))

control <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
covariates <- c("kps", "grade_1", "prrt_activity_gbq", "pr", "tumour_size_post_mm")

ratio_and_p <- function(fit, name) {
  z <- coef(fit)[name] / sqrt(diag(vcov(fit)))[name]
  unname(c(exp(coef(fit)[name]), 2 * pnorm(-abs(z))))
}
logistic <- function(right, d) {
  fit <- glm(reformulate(right, "surgery"), binomial, d, control = glm.control(epsilon = 1e-15, maxit = 100))
  # Standard errors are of the step before the last: fit again from the estimates.
  update(fit, start = coef(fit))
}
models <- function(d) {
  sapply(covariates, function(name) c(
    ratio_and_p(coxph(reformulate(name, "Surv(os_years, os_event)"), d, ties = "breslow", control = control), name),
    ratio_and_p(logistic(name, d), name)
  ))
}
adjusted <- function(d, found) {
  chosen <- covariates[found[2, ] < 0.05]
  d <- d[complete.cases(d[chosen]), ]
  d$score <- fitted(logistic(chosen, d))
  fit <- coxph(Surv(os_years, os_event) ~ surgery + score, d, ties = "breslow", control = control)
  unname(exp(coef(fit)["surgery"]))
}

one <- function(file) {
  d <- read.csv(file, na.strings = "")
  d <- transform(
    d, grade_1 = as.integer(!is.na(grade) & grade == "G1"), pr = as.integer(best_response == "PR"),
    surgery = as.integer(group == "surgery")
  )
  cases <- c(0, d$patient)
  found <- lapply(cases, function(i) models(d[d$patient != i, ]))
  list(
    file = basename(file), covariates = covariates, columns = c("hr", "p_death", "odds", "p_surgery"), left_out = cases,
    models = lapply(found, t), adjusted = mapply(function(i, f) adjusted(d[d$patient != i, ], f), cases, found)
  )
}

files <- list.files("data/ensemble", full.names = TRUE)
answer("influence.json", list(cohorts = lapply(files[c(1, length(files))], one)))
