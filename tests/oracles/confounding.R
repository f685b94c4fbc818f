# Asks R for the weighted, stratified and penalised models and the test of proportional hazards of
# tests/analyses/test_propensity_weighting.py and tests/statistics/.
# Run in this folder: Rscript confounding.R (needs r-cran-brglm2 and r-cran-survey besides)
source("answer.R")
suppressMessages({
  library(survival)
  library(brglm2)
  library(survey)
})

control <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)

one <- function(d, covariates) {
  fit <- glm(reformulate(covariates, "treated"), binomial, d, control = glm.control(epsilon = 1e-15, maxit = 100))
  score <- unname(fitted(fit))
  # The score changes in its last digits from here to there; cut where no tie can break
  stratum <- cut(rank(round(score, 9)) - 0.5, nrow(d) * (0:3) / 3, labels = FALSE, right = FALSE)
  share <- mean(d$treated)
  weights <- list(
    iptw = ifelse(d$treated == 1, share / score, (1 - share) / (1 - score)),
    overlap = ifelse(d$treated == 1, 1 - score, score)
  )
  cox <- function(w) {
    fit <- coxph(Surv(time, event) ~ treated, d, weights = w, ties = "breslow", robust = TRUE, control = control)
    list(coef = unname(coef(fit)), inverse_information = c(fit$naive.var))
  }
  smd <- function(w) {
    design <- svydesign(ids = ~1, weights = w, data = d)
    sapply(covariates, function(x) {
      means <- svyby(reformulate(x), ~treated, design, svymean)[[x]]
      spread <- tapply(d[[x]], d$treated, if (all(d[[x]] %in% 0:1)) function(v) mean(v) * (1 - mean(v)) else var)
      unname((means[2] - means[1]) / sqrt(mean(spread)))
    })
  }
  zph <- function(fit) sapply(c("identity", "log", "km", "rank"), function(g) {
    unname(cox.zph(fit, transform = g, terms = FALSE)$table["treated", c("chisq", "p")])
  })
  crude <- coxph(Surv(time, event) ~ treated, d, ties = "breslow", control = control)
  left_out <- sapply(seq_len(nrow(d)), function(i) coef(update(crude, data = d[-i, ])))
  firth <- glm(
    reformulate(covariates, "treated"), binomial, d,
    method = "brglmFit", type = "AS_mean", epsilon = 1e-14, maxit = 10000
  )
  list(
    covariates = I(covariates), score = score, weights = weights,
    cox = lapply(weights, cox),
    adjusted = wald(coxph(Surv(time, event) ~ treated + score, d, ties = "breslow", control = control)),
    stratified = wald(coxph(Surv(time, event) ~ treated + strata(stratum), d, ties = "breslow", control = control)),
    smd = lapply(c(list(none = rep(1, nrow(d))), weights), smd),
    zph_columns = colnames(zph(crude)), zph = unname(t(zph(crude))),
    left_out = unname(left_out), firth = wald(firth)
  )
}

veteran <- read.csv("data/veteran.csv")
veteran$treated <- veteran$trt - 1
ovarian <- read.csv("data/ovarian.csv")
ovarian$treated <- ovarian$rx - 1

# Heinze G, Schemper M. Stat Med 2002;21:2409-2419: neovascularisation separates
data("endometrial", package = "brglm2")
write.csv(endometrial, "data/endometrial.csv", row.names = FALSE, quote = FALSE)
separated <- glm(
  HG ~ NV + PI + EH, binomial, endometrial,
  method = "brglmFit", type = "AS_mean", epsilon = 1e-14, maxit = 10000
)

answer("confounding.json", list(
  brglm2 = as.character(packageVersion("brglm2")), survey = as.character(packageVersion("survey")),
  veteran = one(veteran, c("karno", "diagtime", "age", "prior")),
  ovarian = one(ovarian, c("age", "resid_ds")),
  endometrial = wald(separated)
))
