# Asks R for all that the targets of the reconstruction take from tests, fits, curves and percentiles,
# in a sample of reconstructed cohorts, for tests/reconstruction/test_oracle.py.
# `python ensemble.py` takes the sample and runs this in its folder.
source("answer.R")
suppressMessages(library(survival))

groups <- c("all", "surgery", "prrt_only")
of <- function(d, group) if (group == "all") d else d[d$group == group, ]
known <- function(x) x[!is.na(x)]
named <- function(stem, x) setNames(x, paste0(stem, ".", names(x)))

quartiles <- function(x) {
  q <- quantile(known(x), c(0.5, 0.25, 0.75), type = 6, names = FALSE)
  c(median = q[1], q1 = q[2], q3 = q[3])
}
moments <- function(x) c(mean = mean(known(x)), sd = sd(known(x)))
spread <- function(x) c(median = quartiles(x)[["median"]], range_lo = min(known(x)), range_hi = max(known(x)))

summaries <- function(d) {
  asked <- list(
    list("table1.age", "age_years", moments), list("table1.bmi", "bmi_kg_m2", quartiles),
    list("table1.kps", "kps", quartiles), list("table1.since_diagnosis", "months_since_diagnosis", quartiles),
    list("table1.ki67", "ki67_percent", quartiles), list("table1.size", "tumour_size_mm", quartiles),
    list("table1.cga", "chromogranin_a_ug_l", quartiles), list("table2.activity", "prrt_activity_gbq", spread),
    list("table2.cycles", "prrt_cycles", spread)
  )
  one <- function(a) {
    x <- d[[a[[2]]]]
    by_group <- lapply(groups, function(g) named(paste0(a[[1]], ".", g), a[[3]](of(d, g)[[a[[2]]]])))
    operated <- d$group == "surgery"
    p <- if (a[[2]] == "age_years") {
      t.test(x[operated], x[!operated])$p.value
    } else {
      wilcox.test(x[operated], x[!operated], exact = FALSE, correct = FALSE)$p.value
    }
    c(unlist(by_group), setNames(p, paste0(a[[1]], ".p")))
  }
  unlist(lapply(asked, one))
}

# Table 2's classes leave gaps between them, in which nobody's activity lies.
classes <- function(d) {
  class <- cut(d$prrt_activity_gbq, c(-Inf, 15, 24, 28, Inf), c("lowest", "low", "reduced", "full"))
  ends <- c(tapply(d$prrt_activity_gbq, class, min), tapply(d$prrt_activity_gbq, class, max))
  setNames(ends, paste0("table2.class_", names(ends), rep(c("_from", "_to"), each = 4), ".threshold"))
}

of_the_operated <- function(d) {
  s <- of(d, "surgery")
  in_response <- function(kind) s$fibrosis_percent[s$best_response == kind]
  student <- t.test(in_response("PR"), in_response("SD"), var.equal = TRUE)$p.value
  c(
    named("table3.since_start.surgery", quartiles(s$months_to_surgery)),
    named("table3.since_end.surgery", quartiles(s$months_prrt_end_to_surgery)),
    named("table3.nodes_resected.surgery", moments(s$nodes_resected)),
    named("table3.nodes_positive.surgery", quartiles(s$nodes_positive)),
    named("table3.ki67.surgery", quartiles(s$specimen_ki67_percent)),
    named("table3.fibrosis.surgery", moments(s$fibrosis_percent)),
    named("table3.viable.surgery", moments(s$viable_percent)),
    named("table3.sstr2a.surgery", quartiles(s$sstr2a_percent)),
    named("results-surgery.fibrosis_pr.surgery", moments(in_response("PR"))),
    named("results-surgery.fibrosis_sd.surgery", moments(in_response("SD"))),
    c("results-surgery.fibrosis_pr_sd.surgery.p" = student)
  )
}

response <- function(d) {
  main <- paste0("vessel_", c("smv", "pv", "cha", "sma", "ca"))
  before <- rowSums(d[which(d$tvi_pre >= 1), main], na.rm = TRUE)
  c(
    named("results-response.time_to_best.all", quartiles(d$months_to_best_response)),
    named("results-response.time_to_smallest.all", quartiles(d$months_to_smallest_size)),
    named("results-response.size_change.all", moments(100 * (1 - d$tumour_size_post_mm / d$tumour_size_mm))),
    named("table4.vessels_before.all", spread(before)),
    named("results-radiology.vessels_after.all", spread(d$vessels_post[which(d$tvi_post >= 1)]))
  )
}

# The median with SPSS's limits. Its standard error is that of the curve there by the slope between
# the last death with S >= .55 and the first with S <= .45; survfit's own is of the cumulative hazard.
spss <- function(time, event) {
  fit <- survfit(Surv(time, event) ~ 1)
  died <- fit$n.event > 0
  t <- fit$time[died]
  s <- fit$surv[died]
  se <- ifelse(fit$surv > 0, fit$surv * fit$std.err, 0)[died]
  m <- which(s <= 0.5 + 1e-9)[1]
  u <- rev(which(s >= 0.55 - 1e-9))[1]
  l <- which(s <= 0.45 + 1e-9)[1]
  half <- qnorm(0.975) * se[m] * (t[l] - t[u]) / (s[u] - s[l])
  c(median = t[m], ci_lo = t[m] - half, ci_hi = t[m] + half)
}
logrank <- function(time, event, by) {
  pchisq(survdiff(Surv(time, event) ~ by)$chisq, 1, lower.tail = FALSE)
}

survival_times <- function(d) {
  s <- of(d, "surgery")
  r0 <- spss(s$dfs_years[which(s$resection_margin == "R0")], s$dfs_event[which(s$resection_margin == "R0")])
  r1 <- s[which(s$resection_margin == "R1"), ]
  overall <- lapply(groups, function(g) named(paste0("os.", g), with(of(d, g), spss(os_years, os_event))))
  to_progression <- lapply(groups[-1], function(g) named(paste0("pfs.", g), with(of(d, g), spss(pfs_years, pfs_event))))
  named("results-survival", c(
    unlist(overall), unlist(to_progression),
    named("dfs.surgery", spss(s$dfs_years, s$dfs_event)), named("dfs_r1.surgery", spss(r1$dfs_years, r1$dfs_event)),
    c(
      dfs_r0.surgery.median = r0[["median"]], dfs_r0.ci_undefined = as.numeric(is.na(r0[["ci_lo"]])),
      os.p = logrank(d$os_years, d$os_event, d$group), pfs.p = logrank(d$pfs_years, d$pfs_event, d$group),
      dfs_margin.surgery.p = logrank(s$dfs_years, s$dfs_event, s$resection_margin)
    ),
    named("follow_up.all", quartiles(d$os_years)),
    setNames(
      sort(d$years_prrt_end_to_haematological)[1:2],
      c("haematological_first.all.duration", "haematological_second.all.duration")
    )
  ))
}

logistic <- function(formula, d) {
  # glm's standard errors are a step behind its estimates, so it is fitted again from these
  fit <- glm(formula, binomial, d, control = glm.control(epsilon = 1e-15, maxit = 100))
  update(fit, start = coef(fit))
}
cox <- function(formula, d) {
  coxph(formula, d, ties = "breslow", control = coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100))
}

regressions <- function(d) {
  d <- within(d, {
    operated <- as.numeric(group == "surgery")
    grade_1 <- as.numeric(grade == "G1")
    partial_response <- as.numeric(best_response == "PR")
    male <- as.numeric(sex == "male")
    metastatic <- as.numeric(n1 == 1 | m1a == 1 | other_metastases == 1)
    any_contact <- as.numeric(tvi_post >= 1)
    within_180 <- as.numeric(tvi_post %in% c(1, 3))
    beyond_180 <- as.numeric(tvi_post %in% c(2, 4, 5, 6))
    within_180[is.na(tvi_post)] <- beyond_180[is.na(tvi_post)] <- NA
  })
  four <- complete.cases(d[c("prrt_activity_gbq", "grade_1", "kps", "tumour_size_post_mm")])
  d$score <- NA
  d$score[four] <- fitted(logistic(operated ~ prrt_activity_gbq + grade_1 + kps + tumour_size_post_mm, d[four, ]))

  both <- function(covariates) {
    right <- paste(covariates, collapse = " + ")
    list(
      surgery = logistic(as.formula(paste("operated ~", right)), d),
      death = cox(as.formula(paste("Surv(os_years, os_event) ~", right)), d)
    )
  }
  ratio <- function(fit, row, stem, name) {
    setNames(wald(fit)[row, 3:6], paste0(stem, ".", c(name, "ci_lo", "ci_hi", "p")))
  }
  table5 <- c(
    kps = "kps", grade_1 = "grade_1", activity = "prrt_activity_gbq", pr = "partial_response",
    size_post = "tumour_size_post_mm"
  )
  tabulated <- lapply(names(table5), function(name) {
    fits <- both(table5[[name]])
    stem <- paste0("table5.", name)
    c(ratio(fits$surgery, 2, paste0(stem, "_surgery"), "or"), ratio(fits$death, 1, paste0(stem, "_death"), "hr"))
  })
  ps <- function(covariates, names) {
    fits <- both(covariates)
    surgery <- wald(fits$surgery)[-1, 6]
    death <- wald(fits$death)[, 6]
    setNames(c(surgery, death), paste0("table5.not_significant.", c(paste0(names, "_surgery"), paste0(names, "_death"))))
  }
  unlisted <- c(
    age_years = "age_years", male = "male", metastatic = "metastatic", vessels_post = "vessels_post",
    tvi_post_any = "any_contact"
  )
  organ <- cox(Surv(os_years, os_event) ~ organ_invasion_post, d)
  crude <- cox(Surv(os_years, os_event) ~ operated, d)
  adjusted <- cox(Surv(os_years, os_event) ~ operated + score, d)
  place <- "results-survival"
  c(
    unlist(tabulated),
    unlist(lapply(names(unlisted), function(name) ps(unlisted[[name]], name))),
    ps(c("within_180", "beyond_180"), c("tvi_post_within_180", "tvi_post_beyond_180")),
    c(table5.not_significant.organ_invasion_post_death = wald(organ)[1, 6]),
    ratio(crude, 1, paste0(place, ".cox_surgery"), "hr"),
    ratio(adjusted, 1, paste0(place, ".cox_surgery_adjusted"), "hr"),
    ratio(adjusted, 2, paste0(place, ".cox_score"), "hr")
  )
}

one <- function(file) {
  d <- read.csv(file, na.strings = "", stringsAsFactors = FALSE)
  values <- c(summaries(d), classes(d), of_the_operated(d), response(d), survival_times(d), regressions(d))
  list(md5 = unname(tools::md5sum(file)), values = as.list(values))
}

files <- list.files("data/ensemble", full.names = TRUE)
cohorts <- setNames(lapply(files, one), sub("\\.csv$", "", basename(files)))
answer("ensemble.json", list(cohorts = cohorts))
