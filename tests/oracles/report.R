# Asks R for all that the report on somebody's own patients shows, of the cohorts in data/examples, and of small
# cases that are easily got wrong; for tests/analyses/ and tests/statistics/. Run in this folder: Rscript report.R
source("answer.R")
suppressMessages(library(survival))

control <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
ties <- c(breslow = "breslow", efron = "efron")
cox <- function(formula, data) lapply(ties, function(t) wald(coxph(formula, data, ties = t, control = control))[1, ])
medians <- function(y, type) {
  q <- quantile(survfit(y ~ 1, conf.type = type), 0.5)
  unname(c(q$quantile, q$lower, q$upper))
}
all_medians <- function(y) sapply(c("plain", "log", "log-log"), function(type) medians(y, type), simplify = FALSE)
means <- function(y, group, horizon) {
  found <- sapply(split(seq_along(group), group), function(of) {
    table <- summary(survfit(y[of] ~ 1), rmean = horizon)$table
    c(table["rmean"], table[grep("^se", names(table))])
  })
  difference <- found[1, "surgery"] - found[1, "prrt_only"]
  se <- sqrt(sum(found[2, ]^2))
  list(surgery = found[, "surgery"], prrt_only = found[, "prrt_only"],
       difference = unname(c(difference, se)), p = unname(2 * pnorm(-abs(difference / se))))
}

# Time cut at the operation. Months and years of a day differ in their last digits: a millionth of a year is no time.
spells <- function(d, time, event, half_day) {
  surgery <- ifelse(d$group == "surgery", d$months_to_surgery / 12, Inf)
  if (half_day) surgery <- pmin(surgery, ifelse(is.finite(surgery), pmax(time - 0.5 / 365.25, 0), Inf))
  after <- surgery < time - 1e-6 | surgery <= 0
  rbind(
    data.frame(start = -1, stop = pmin(time, surgery), event = ifelse(after, 0, event), operated = 0)[surgery > 0, ],
    data.frame(start = ifelse(surgery <= 0, -1, surgery), stop = time, event = event, operated = 1)[after, ]
  )
}
over_time <- function(...) cox(Surv(start, stop, event) ~ operated, spells(...))

endpoint <- function(d, of, landmark, horizon) {
  time <- d[[paste0(of, "_years")]]
  event <- d[[paste0(of, "_event")]]
  y <- Surv(time, event)
  d$operated <- as.integer(d$group == "surgery")
  members <- c(split(seq_len(nrow(d)), d$group), list(all = seq_len(nrow(d))))
  found <- list(
    groups = lapply(members, function(at) list(
      patients = length(at), events = sum(event[at]), medians = all_medians(y[at]),
      observed = median(time[at]), alive = if (any(event[at] == 0)) median(time[at][event[at] == 0]) else NA,
      reverse = all_medians(Surv(time[at], 1 - event[at]))
    )),
    means = means(y, d$group, horizon),
    logrank = pchisq(survdiff(y ~ d$group)$chisq, 1, lower.tail = FALSE),
    naive = cox(y ~ operated, d),
    zph = lapply(ties, function(t) {
      unname(cox.zph(coxph(y ~ operated, d, ties = t, control = control), transform = "identity")$table[1, "p"])
    })
  )
  if (!is.null(d$months_to_surgery)) {
    left <- d[time > landmark / 12, ]
    left$by_then <- as.integer(left$operated == 1 & left$months_to_surgery <= landmark)
    found$landmark <- c(
      list(patients = nrow(left)), cox(Surv(left[[paste0(of, "_years")]], left[[paste0(of, "_event")]]) ~ by_then, left)
    )
    found$over_time <- over_time(d, time, event, of == "os")
    found$no_half_day <- over_time(d, time, event, FALSE)
  }
  found
}

risk <- function(y, at) {
  s <- summary(survfit(y ~ 1, conf.type = "log-log"), times = at)
  1 - c(s$surv, s$upper, s$lower)
}
waiting <- function(d, landmark) {
  operated <- subset(d, group == "surgery")
  left <- operated$os_years - operated$months_to_surgery / 12
  not_yet <- subset(spells(d, d$os_years, d$os_event, TRUE), operated == 0)
  alone <- subset(d, group == "prrt_only")
  list(
    quartiles = unname(quantile(operated$months_to_surgery, 1:3 / 4, type = 6)),
    last_month = sum(operated$os_event == 1 & left <= 30.4375 / 365.25 + 1e-6),
    prrt_only = risk(Surv(alone$os_years, alone$os_event), landmark / 12),
    not_yet = risk(Surv(not_yet$stop, not_yet$event), landmark / 12)
  )
}

# Austin 2009, of a number and of each level
smd <- function(x, treated) {
  spread <- if (all(x %in% 0:1)) function(v) mean(v) * (1 - mean(v)) else var
  by <- split(x, treated)
  unname((mean(by[["1"]]) - mean(by[["0"]])) / sqrt((spread(by[["1"]]) + spread(by[["0"]])) / 2))
}
number <- function(d, column) {
  known <- d[!is.na(d[[column]]), ]
  by <- split(known[[column]], factor(known$group, c("surgery", "prrt_only")))
  list(
    n = lengths(by), quartiles = lapply(by, function(v) unname(quantile(v, 1:3 / 4, type = 6))),
    p = suppressWarnings(wilcox.test(by$surgery, by$prrt_only, exact = FALSE, correct = FALSE)$p.value),
    difference = smd(known[[column]], as.integer(known$group == "surgery"))
  )
}
levels_of <- function(d, column) {
  known <- d[!is.na(d[[column]]) & d[[column]] != "", ]
  counts <- table(known[[column]], factor(known$group, c("surgery", "prrt_only")))
  expected <- suppressWarnings(chisq.test(counts, correct = FALSE))$expected
  p <- if (min(expected) >= 5) chisq.test(counts, correct = FALSE)$p.value else fisher.test(counts)$p.value
  list(
    n = as.list(colSums(counts)), counts = apply(counts, 1, unname, simplify = FALSE), p = p,
    difference = as.list(sapply(rownames(counts), function(level) {
      smd(as.integer(known[[column]] == level), as.integer(known$group == "surgery"))
    }))
  )
}

adjusted <- function(d, covariates) {
  d$grade_1 <- if (is.null(d$grade)) NULL else as.integer(d$grade == "G1")
  d <- d[complete.cases(d[covariates]), ]
  d$treated <- as.integer(d$group == "surgery")
  fit <- glm(reformulate(covariates, "treated"), binomial, d, control = glm.control(epsilon = 1e-15, maxit = 100))
  d$score <- unname(fitted(fit))
  share <- mean(d$treated)
  weights <- list(
    iptw = ifelse(d$treated == 1, share / d$score, (1 - share) / (1 - d$score)),
    overlap = ifelse(d$treated == 1, 1 - d$score, d$score)
  )
  # wald() takes the robust covariance where there is one
  weighted <- lapply(weights, function(w) lapply(ties, function(t) {
    wald(coxph(Surv(os_years, os_event) ~ treated, d, weights = w, robust = TRUE, ties = t, control = control))[1, ]
  }))
  balanced <- function(w) sapply(covariates, function(x) {
    by <- split(seq_len(nrow(d)), d$treated)
    spread <- if (all(d[[x]] %in% 0:1)) function(v) mean(v) * (1 - mean(v)) else var
    m <- sapply(by, function(at) weighted.mean(d[[x]][at], w[at]))
    unname((m["1"] - m["0"]) / sqrt(mean(sapply(by, function(at) spread(d[[x]][at])))))
  })
  range_of <- sapply(split(d$score, d$treated), range)
  list(
    covariates = I(covariates), complete = nrow(d),
    complete_ratio = cox(Surv(os_years, os_event) ~ treated, d),
    covariate = cox(Surv(os_years, os_event) ~ treated + score, d),
    iptw = weighted$iptw, overlap = weighted$overlap,
    balance = lapply(c(list(none = rep(1, nrow(d))), weights), function(w) unname(balanced(w))),
    effective = lapply(weights, function(w) as.list(tapply(w, d$group, function(v) sum(v)^2 / sum(v^2)))),
    common = mean(d$score >= max(range_of[1, ]) & d$score <= min(range_of[2, ]))
  )
}

asked <- function(name, landmark, horizon, covariates, numbers, levels) {
  file <- file.path("../../data/examples", paste0(name, ".csv"))
  d <- read.csv(file, na.strings = c("", "NA"))
  endpoints <- intersect(c("os", "pfs"), sub("_years", "", names(d)))
  answers <- list(
    md5 = unname(tools::md5sum(file)), landmark = landmark, horizon = horizon,
    endpoints = sapply(endpoints, function(of) endpoint(d, of, landmark, horizon), simplify = FALSE),
    numbers = sapply(numbers, function(x) number(d, x), simplify = FALSE),
    levels = sapply(levels, function(x) levels_of(d, x), simplify = FALSE),
    adjusted = if (length(covariates)) adjusted(d, covariates)
  )
  if (!is.null(d$months_to_surgery)) answers$waiting <- waiting(d, landmark)
  answers
}

# Small cases: medians and restricted means of all, the log-rank test and the Cox models of the two groups.
case <- function(time, event, group, start = NULL, horizon = NULL) {
  y <- if (is.null(start)) Surv(time, event) else Surv(start, time, event)
  found <- list(time = time, event = event, group = group, cox = cox(y ~ group, data.frame(group)))
  if (!is.null(start)) return(c(list(start = start), found))
  curve <- survfit(y ~ 1)
  c(found, list(
    curve = list(time = curve$time, survival = curve$surv), medians = all_medians(y),
    logrank = survdiff(y ~ group)$chisq,
    mean = if (is.null(horizon)) NULL else unname(summary(curve, rmean = horizon)$table[c("rmean", "se(rmean)")])
  ), if (is.null(horizon)) NULL else list(horizon = horizon))
}
third <- c(0, 0, 1, 1, 0, 1, 0, 1)
cases <- list(
  # Deaths and censorings of one time whose last digits differ, as of 0.3 and 0.1 + 0.2
  near_ties = case(c(0.3 + 1e-9, 0.3, 0.3 + 2e-9, 0.7, 0.7 - 1e-9, 0.7 + 1e-9, 1, 1.2),
                   c(1, 0, 1, 1, 0, 1, 1, 0), third, horizon = 0.9),
  near_ties_of_long_times = case(c(1000, 1000 + 1e-6, 1000 + 2e-6, 2000, 2000 + 1e-6, 2500, 3000, 3000 + 1e-6),
                                 c(1, 1, 0, 1, 1, 1, 0, 1), third, horizon = 2600),
  plateau_to_the_end = case(c(1, 2, 3, 4, 5, 6, 7, 8), c(1, 1, 1, 1, 0, 0, 0, 0), third, horizon = 6),
  never_one_half = case(c(1, 2, 3, 4, 5, 6, 7, 8), c(1, 0, 1, 0, 0, 1, 0, 0), third, horizon = 6),
  at_time_0 = case(c(0, 0, 0, 2, 3, 3, 4, 5), c(1, 0, 1, 1, 1, 1, 0, 1), third, horizon = 3),
  all_at_one_time_or_late = case(c(2, 2, 2, 2, 2, 2, 9, 9), c(1, 1, 1, 1, 0, 0, 1, 0), third, horizon = 5),
  # One group has its deaths before the other's begin, while the other is at risk
  never_overlap = case(c(1, 2, 3, 7, 6, 8, 9, 10), c(1, 1, 0, 1, 1, 0, 1, 1), c(0, 0, 0, 0, 1, 1, 1, 1), horizon = 6),
  # The upper limit falls below one half, rises and falls again
  band_that_rises = case(c(4, 6, 7, 11, 15, 16, 25, 37, 38, 39, 42, 43, 44, 48, 51, 51, 56, 57),
                         c(rep(1, 14), 0, 1, 1, 1), rep(0:1, 9), horizon = 50),
  entry_at_a_failure = case(c(1, 2, 2, 3, 4, 5, 6, 7), c(1, 1, 0, 1, 1, 1, 0, 1), third, start = c(0, 0, 0, 2, 1, 2, 3, 4)),
  entry_near_a_failure = case(c(0.3, 0.7, 0.7, 1, 1.2, 1.5, 1.7, 2), c(1, 1, 0, 1, 1, 1, 0, 1), third,
                              start = c(0, 0, 0, 0.3 - 1e-9, 0.3, 0.7 - 1e-9, 0.7, 0.7 + 1e-9))
)

data(cancer, package = "survival")
years <- function(name) round(read.csv(file.path("../../data/examples", paste0(name, ".csv")))$os_years * 365.25)
stopifnot(
  identical(years("stanford"), round(as.vector(tapply(heart$stop, heart$id, max)))),
  identical(years("lung"), lung$time), identical(sort(years("gbsg2")), sort(as.numeric(gbsg$rfstime))),
  identical(years("veteran"), veteran$time), identical(years("myeloid"), as.numeric(myeloid$futime))
)

answer("report.json", list(
  stanford = asked("stanford", 2, 2, "age_years", "age_years", character()),
  lung = asked("lung", 6, 2, c("age_years", "kps"), c("age_years", "kps"), "sex"),
  gbsg2 = asked("gbsg2", 12, 5, c("grade_1", "age_years", "tumour_size_mm"), c("age_years", "tumour_size_mm"), "grade"),
  veteran = asked("veteran", 3, 1, c("age_years", "kps", "months_since_diagnosis", "prior_chemotherapy"),
                  c("age_years", "kps", "months_since_diagnosis"), "prior_chemotherapy"),
  myeloid = asked("myeloid", 6, 3, character(), character(), "sex"),
  invented = asked("invented", 18, 5, c("grade_1", "kps", "prrt_activity_gbq", "tumour_size_post_mm"),
                   c("age_years", "bmi_kg_m2", "prrt_activity_gbq", "tumour_size_post_mm", "months_since_diagnosis"),
                   c("grade", "sex", "n1", "liver_toxicity", "best_response", "tumour_location")),
  cases = cases
))
