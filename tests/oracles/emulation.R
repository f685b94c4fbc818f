# The emulation of a target trial by clones, censoring and weights, for the scripts here that source it.

# Of surgery until `end` against none. `d` has the columns time, died, and left, the time of the operation (infinite
# without); nobody in it dies on the day of an operation. Times must be rounded where two ways to them must meet.
emulate <- function(d, covariates, end) {
  control <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100, timefix = FALSE)
  right <- if (length(covariates)) covariates else "1"
  d$operated <- as.integer(d$left <= end)
  d$left[d$operated == 0] <- Inf
  d$stop <- pmin(d$time, d$left)
  # Without: a copy leaves at the operation
  leaving <- coxph(reformulate(right, "Surv(stop, operated)"), d, ties = "breslow", control = control)
  baseline <- if (length(covariates)) basehaz(leaving, centered = FALSE) else basehaz(leaving)
  d$relative <- if (length(covariates)) exp(drop(as.matrix(d[covariates]) %*% coef(leaving))) else 1
  without <- data.frame(stop = d$stop, event = d$died * (1 - d$operated), relative = d$relative)
  without <- survSplit(Surv(stop, event) ~ ., without, cut = sort(unique(d$left[d$operated == 1])), start = "start")
  hazard <- c(0, baseline$hazard)[1 + findInterval(without$start + 1e-9, baseline$time)]
  without$w <- exp(hazard * without$relative)
  without$arm <- 0
  # With: a copy leaves at the end of the period without one
  beyond <- d$time > end
  fit <- glm(reformulate(right, "operated"), binomial, d[beyond, ], control = glm.control(epsilon = 1e-15, maxit = 100))
  d$stay <- 1
  d$stay[beyond] <- fitted(fit)
  with <- data.frame(stop = d$time, event = d$died, operated = d$operated, stay = d$stay)
  with <- survSplit(Surv(stop, event) ~ ., with, cut = end, start = "start")
  with <- subset(with, start == 0 | operated == 1)
  with$w <- ifelse(with$start > 0, 1 / with$stay, 1)
  with$arm <- 1
  columns <- c("start", "stop", "event", "w", "arm")
  rows <- rbind(without[columns], with[columns])
  trial <- suppressWarnings(coxph(
    Surv(start, stop, event) ~ arm, rows, weights = w, ties = "breslow", control = control
  ))
  list(trial = trial, rows = rows)
}
