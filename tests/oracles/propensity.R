# Asks R for the models of tests/test_propensity.py.
# Run in this folder: Rscript propensity.R
source("answer.R")
suppressMessages(library(survival))

one <- function(d, outcome, covariates) {
  # glm's standard errors are a step behind its estimates, so it is fitted again from these
  fit <- glm(
    reformulate(covariates, outcome), binomial, d,
    control = glm.control(epsilon = 1e-15, maxit = 100)
  )
  fit <- update(fit, start = coef(fit))
  score <- unname(fitted(fit))
  adjusted <- coxph(
    Surv(d$time, d$event) ~ d[[outcome]] + score, ties = "breslow",
    control = coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
  )
  list(
    outcome = outcome, covariates = I(covariates), wald = wald(fit), fitted = score,
    log_likelihood = as.numeric(logLik(fit)), adjusted_cox = wald(adjusted)
  )
}

veteran <- read.csv("data/veteran.csv")
veteran$treated <- veteran$trt - 1
ovarian <- read.csv("data/ovarian.csv")
ovarian$treated <- ovarian$rx - 1
answer("propensity.json", list(
  veteran = one(veteran, "treated", c("karno", "diagtime", "age", "prior")),
  ovarian = one(ovarian, "treated", c("age", "resid_ds"))
))
