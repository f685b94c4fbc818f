# Asks R about studies of few events: fragility, sceptical priors, the log-rank test's power, competing risks;
# for tests/statistics/. Run in this folder: Rscript small_numbers.R
source("answer.R")
suppressMessages(library(survival))
set.seed(20229)

# Every table of the same group sizes, by Fisher's test: the nearest on the other side of 0.05.
flips <- function(events, sizes) {
  below <- function(a, b) fisher.test(matrix(c(a, sizes[1] - a, b, sizes[2] - b), 2))$p.value < 0.05
  all <- expand.grid(a = 0:sizes[1], b = 0:sizes[2])
  crossed <- mapply(below, all$a, all$b) != below(events[1], events[2])
  if (!any(crossed)) return(NA)
  min((abs(all$a - events[1]) + abs(all$b - events[2]))[crossed])
}
of_table <- function(events, sizes) list(events = events, sizes = sizes, flips = flips(events, sizes))
sizes <- lapply(1:40, function(i) sample(3:26, 2))
tables <- c(
  list(of_table(c(15, 6), c(40, 40)), of_table(c(11, 15), c(26, 19)), of_table(c(1, 0), c(3, 3))),
  lapply(sizes, function(n) of_table(c(rbinom(1, n[1], 0.3), rbinom(1, n[2], 0.7)), n))
)

# Every set of censored patients of the exposed, smallest first, by the log-rank test.
added <- function(time, event, exposed) {
  below <- function(e) {
    p <- tryCatch(pchisq(survdiff(Surv(time, e) ~ exposed)$chisq, 1, lower.tail = FALSE), error = function(x) NA)
    isTRUE(p < 0.05)
  }
  censored <- which(exposed == 1 & event == 0)
  for (k in 0:length(censored)) {
    sets <- if (k) combn(length(censored), k, simplify = FALSE) else list(integer())
    for (set in sets) if (!below(replace(event, censored[set], 1))) return(k)
  }
  NA
}
trials <- lapply(1:30, function(i) {
  n <- 22
  exposed <- rep(0:1, each = n / 2)
  time <- round(rexp(n, ifelse(exposed == 1, 0.3, 0.6)), if (i %% 3) 6 else 0) + 1
  event <- rbinom(n, 1, ifelse(exposed == 1, 0.3, 0.95))
  list(time = time, event = event, exposed = exposed, added = added(time, event, exposed))
})

# Posterior of a ratio by numerical integration of likelihood times prior on its logarithm.
posterior <- function(ratio, low, high, prior_low, prior_high) {
  z <- qnorm(0.975)
  density <- function(x) {
    dnorm(log(ratio), x, log(high / low) / (2 * z)) * dnorm(x, log(prior_low * prior_high) / 2, log(prior_high / prior_low) / (2 * z))
  }
  upto <- function(x) integrate(density, -6, x, rel.tol = 1e-11, subdivisions = 2000)$value
  whole <- upto(6)
  quantile <- function(p) exp(uniroot(function(x) upto(x) / whole - p, c(-5, 5), tol = 1e-12)$root)
  list(
    asked = c(ratio, low, high, prior_low, prior_high),
    answer = c(quantile(0.5), quantile(0.025), quantile(0.975), upto(0) / whole)
  )
}
priors <- list(c(0.25, 4), c(0.5, 2), c(2 / 3, 1.5), c(0.3, 1))
posteriors <- c(
  lapply(priors, function(p) posterior(0.264, 0.103, 0.678, p[1], p[2])),
  lapply(priors, function(p) posterior(0.629, 0.19, 2.086, p[1], p[2]))
)
# The prior under which the posterior's upper limit is 1.
limit <- function(low, high) {
  upper <- function(x) posterior(sqrt(low * high), low, high, x, 1 / x)$answer[3] - 1
  list(asked = c(low, high), answer = uniroot(upper, c(low, 0.8), tol = 1e-9)$root)
}
limits <- list(limit(0.103, 0.678), limit(0.2, 0.9))

# Power of the log-rank test by simulation: exponential survival, all die.
simulated <- function(n, share, ratio, trials = 10000) {
  first <- rep(1:0, c(round(n * share), n - round(n * share)))
  found <- replicate(trials, {
    time <- rexp(n, ifelse(first == 1, ratio, 1))
    survdiff(Surv(time, rep(1, n)) ~ first)$chisq
  })
  list(events = n, share = share, ratio = ratio, power = mean(found > qchisq(0.95, 1)))
}
powers <- list(simulated(66, 0.5, 0.5), simulated(150, 0.5, 0.629), simulated(60, 0.5, 1))

# Cumulative incidence as survfit has it for several kinds of event.
incidence <- function(n, digits) {
  time <- round(rexp(n, 0.3), digits) + 1
  kind <- sample(0:2, n, replace = TRUE)
  fit <- survfit(Surv(time, factor(kind, 0:2, c("censored", "event", "competing"))) ~ 1)
  at <- quantile(time, c(0.2, 0.5, 0.8), type = 1, names = FALSE)
  list(time = time, kind = kind, at = at, answer = summary(fit, times = at)$pstate[, 2])
}
incidences <- lapply(1:12, function(i) incidence(22, i %% 2 * 4))

answer("small_numbers.json", list(
  tables = tables, trials = trials, posteriors = posteriors, limits = limits, powers = powers, incidences = incidences
))
