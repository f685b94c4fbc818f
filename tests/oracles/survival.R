# Asks R for the curves, tests and models of tests/statistics/.
# Run in this folder: Rscript survival.R
source("answer.R")
suppressMessages(library(survival))

data <- list(
  lung = read.csv("data/lung.csv"),
  ovarian = read.csv("data/ovarian.csv"),
  veteran = read.csv("data/veteran.csv"),
  leukemia = read.csv("data/leukemia.csv"),
  freireich = read.csv("data/freireich.csv")
)

medians <- function(time, event) {
  one <- function(type) {
    q <- quantile(survfit(Surv(time, event) ~ 1, conf.type = type), 0.5)
    unname(c(q$quantile, q$lower, q$upper))
  }
  lapply(c(plain = "plain", log = "log", `log-log` = "log-log"), one)
}

curve <- function(time, event) {
  fit <- survfit(Surv(time, event) ~ 1)
  rmean <- unname(summary(fit, rmean = "common")$table[c("rmean", "se(rmean)")])
  list(
    time = fit$time, at_risk = fit$n.risk, events = fit$n.event, survival = fit$surv,
    # survfit keeps the standard error of the cumulative hazard
    standard_error = ifelse(fit$surv > 0, fit$surv * fit$std.err, 0),
    mean = rmean, medians = medians(time, event), follow_up = medians(time, 1 - event)$log[1]
  )
}

by_group <- function(d, group) {
  lapply(split(d, d[[group]]), function(s) curve(s$time, s$event))
}

logrank <- function(d, group) {
  test <- survdiff(Surv(d$time, d$event) ~ d[[group]])
  df <- length(test$n) - 1
  list(statistic = test$chisq, df = df, p = pchisq(test$chisq, df, lower.tail = FALSE))
}

models <- function(d, covariates) {
  formula <- reformulate(covariates, "Surv(time, event)")
  one <- function(ties) {
    fit <- coxph(formula, d, ties = ties, control = coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100))
    list(wald = wald(fit), log_likelihood = fit$loglik[2])
  }
  list(covariates = I(covariates), breslow = one("breslow"), efron = one("efron"))
}

# Small random samples, many of whose curves and bands touch .5
set.seed(20221)
random <- lapply(1:60, function(i) {
  n <- sample(4:16, 1)
  time <- sample(1:12, n, replace = TRUE)
  event <- rbinom(n, 1, if (i %% 3) 0.7 else 1)
  if (!any(event)) event[1] <- 1
  list(time = time, event = event, medians = medians(time, event))
})

answer("survival.json", list(
  curves = list(
    lung = by_group(data$lung, "sex"), ovarian = by_group(data$ovarian, "rx"),
    veteran = by_group(data$veteran, "celltype"), leukemia = by_group(data$leukemia, "maintained"),
    freireich = by_group(data$freireich, "treated")
  ),
  logrank = list(
    lung.sex = logrank(data$lung, "sex"), lung.ph_ecog = logrank(data$lung, "ph_ecog"),
    ovarian.rx = logrank(data$ovarian, "rx"), veteran.celltype = logrank(data$veteran, "celltype"),
    leukemia.maintained = logrank(data$leukemia, "maintained"),
    freireich.treated = logrank(data$freireich, "treated")
  ),
  cox = list(
    lung = models(data$lung, c("sex", "age", "ph_ecog", "wt_loss")),
    ovarian = models(data$ovarian, c("age", "rx", "resid_ds")),
    veteran = models(data$veteran, c("trt", "karno", "diagtime", "age", "prior")),
    leukemia = models(data$leukemia, "maintained"),
    freireich = models(data$freireich, "treated")
  ),
  random = random
))
