# R's side of `make bench`: started once, it answers one line on stdin with one on stdout.
#   time whole|core FIT FIRST LAST          seconds for the cohorts FIRST to LAST
#   answer whole|core FIT FIRST LAST FILE   writes a line for each cohort, fitted to the last digit
# FIT is a name in `whole` or `core` below. The script's arguments are the patients' and the tables' file.
suppressMessages(library(survival))

files <- commandArgs(TRUE)
patients <- split(read.csv(files[1]), ~cohort)
tables <- lapply(split(read.csv(files[2]), ~test), function(of_test) {
  lapply(split(of_test, ~cohort), function(d) xtabs(count ~ row + column, d))
})

# What the inner functions take: made beforehand, so that only the fit is timed.
n <- nrow(patients[[1]])
y <- lapply(patients, function(d) Surv(d$time, d$event))
columns <- function(...) lapply(patients, function(d) data.matrix(d[c(...)]) + 0)
designs <- list(
  one = columns("operated"), number = columns("activity"), two = columns("operated", "activity"),
  logistic = lapply(columns("activity"), function(x) cbind(1, x)),
  score = lapply(columns("activity", "grade_1", "kps", "size"), function(x) cbind(1, x))
)
everyone <- factor(rep(1, n))
names_of_rows <- as.character(seq_len(n))
usual <- coxph.control()
family <- binomial()

# Of a fit to the last digit: what R's own tolerances leave open would hide a difference.
exact_cox <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
exact_glm <- glm.control(epsilon = 1e-15, maxit = 100)

cox <- function(formula) function(i, control = usual) coxph(formula, patients[[i]], ties = "breslow", control = control)
cox_core <- function(design) {
  function(i, control = usual) {
    coxph.fit(designs[[design]][[i]], y[[i]], NULL, NULL, NULL, control, NULL, "breslow", names_of_rows, FALSE)
  }
}
logistic <- function(formula) function(i, ...) glm(formula, family, patients[[i]], ...)
logistic_core <- function(design) {
  function(i, ...) glm.fit(designs[[design]][[i]], patients[[i]]$operated, family = family, ...)
}
exact <- function(test) function(i) fisher.test(tables[[test]][[i]], workspace = 2e7)

# The median with SPSS's limits from R's curve; see tests/oracles/ensemble.R.
spss <- function(fit) {
  died <- fit$n.event > 0
  t <- fit$time[died]
  s <- fit$surv[died]
  se <- ifelse(fit$surv > 0, fit$surv * fit$std.err, 0)[died]
  m <- which(s <= 0.5 + 1e-9)[1]
  u <- rev(which(s >= 0.55 - 1e-9))[1]
  l <- which(s <= 0.45 + 1e-9)[1]
  half <- qnorm(0.975) * se[m] * (t[l] - t[u]) / (s[u] - s[l])
  c(t[m], t[m] - half, t[m] + half)
}

whole <- list(
  cox_yes_no = cox(Surv(time, event) ~ operated),
  cox_number = cox(Surv(time, event) ~ activity),
  cox_two = cox(Surv(time, event) ~ operated + activity),
  log_rank = function(i) survdiff(Surv(time, event) ~ operated, patients[[i]]),
  median = function(i) spss(survfit(Surv(time, event) ~ 1, patients[[i]])),
  logistic = logistic(operated ~ activity),
  score = logistic(operated ~ activity + grade_1 + kps + size),
  exact_small = exact("exact_small"), exact_large = exact("exact_large")
)
core <- list(
  cox_yes_no = cox_core("one"), cox_number = cox_core("number"), cox_two = cox_core("two"),
  log_rank = function(i) survival:::survdiff.fit(y[[i]], patients[[i]]$operated),
  median = function(i) survfitKM(everyone, y[[i]]),
  logistic = logistic_core("logistic"), score = logistic_core("score")
)

estimates <- function(fit) c(coef(fit), sqrt(diag(vcov(fit))))
# glm's standard errors are a step behind its estimates, so it is fitted again from these.
twice <- function(fit) estimates(fit(control = exact_glm, start = coef(fit(control = exact_glm))))
of_whole <- list(
  cox = function(name, i) estimates(whole[[name]](i, control = exact_cox)),
  log_rank = function(name, i) pchisq(whole[[name]](i)$chisq, 1, lower.tail = FALSE),
  median = function(name, i) whole[[name]](i),
  glm = function(name, i) twice(function(...) whole[[name]](i, ...)),
  exact = function(name, i) whole[[name]](i)$p.value
)
# What the functions for users take from the inner ones: estimates, and the errors that belong to them.
of_core <- list(
  cox = function(name, i) with(core[[name]](i, control = exact_cox), c(coefficients, sqrt(diag(as.matrix(var))))),
  log_rank = function(name, i) {
    fit <- core[[name]](i)
    pchisq((fit$observed[1] - fit$expected[1])^2 / fit$var[1, 1], 1, lower.tail = FALSE)
  },
  median = function(name, i) spss(core[[name]](i)),
  glm = function(name, i) {
    fit <- core[[name]](i, control = exact_glm)
    fit <- core[[name]](i, control = exact_glm, start = fit$coefficients)
    c(fit$coefficients, sqrt(diag(chol2inv(fit$qr$qr[seq_len(fit$rank), , drop = FALSE]))))
  }
)
kind <- function(name) {
  if (startsWith(name, "cox")) "cox" else if (name %in% c("logistic", "score")) "glm" else sub("_(small|large)", "", name)
}

cat(paste(R.version$major, R.version$minor, sep = "."), as.character(packageVersion("survival")), "\n")
lines <- file("stdin", "r")
while (length(line <- readLines(lines, 1))) {
  asked <- strsplit(line, " ")[[1]]
  name <- asked[3]
  chosen <- as.integer(asked[4]):as.integer(asked[5])
  if (asked[1] == "answer") {
    answer <- list(whole = of_whole, core = of_core)[[asked[2]]][[kind(name)]]
    rows <- lapply(chosen, function(i) sprintf("%.17g", answer(name, i)))
    writeLines(vapply(rows, paste, "", collapse = ","), asked[6])
    cat("0\n")
  } else {
    fit <- list(whole = whole, core = core)[[asked[2]]][[name]]
    start <- Sys.time()
    for (i in chosen) fit(i)
    cat(sprintf("%.9f\n", as.numeric(Sys.time() - start, units = "secs")))
  }
}
