# Asks R for every quantity that the adversary pushes, in every witness cohort, for
# tests/reconstruction/adversary/test_witnesses.py. `python witnesses.py` writes the cohorts and runs this in its folder.
source("answer.R")
source("emulation.R")
suppressMessages(library(survival))

cox <- function(formula, d) {
  if (is.null(d$w)) d$w <- 1
  control <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
  suppressWarnings(coxph(formula, d, weights = w, ties = "breslow", control = control))
}
# Of groups of which one has no event there is no finite estimate.
hazard_ratio <- function(fit) {
  coef <- unname(coef(fit)[1])
  if (is.na(coef) || abs(coef) > 15) NA else exp(coef)
}

years_to_surgery <- function(d) ifelse(d$group == "surgery", d$months_to_surgery / 12, Inf)
landmark <- function(d, months, endpoint) {
  d$time <- d[[paste0(endpoint, "_years")]]
  d$event <- d[[paste0(endpoint, "_event")]]
  d$by_then <- years_to_surgery(d) <= months / 12
  hazard_ratio(cox(Surv(time, event) ~ by_then, d[d$time > months / 12, ]))
}
time_dependent_fit <- function(d, endpoint) {
  time <- d[[paste0(endpoint, "_years")]]
  event <- d[[paste0(endpoint, "_event")]]
  surgery <- years_to_surgery(d)
  cut <- surgery < time
  first <- data.frame(start = 0, stop = pmin(time, surgery), event = ifelse(cut, 0, event), operated = 0)
  second <- data.frame(start = surgery, stop = time, event = event, operated = 1)[cut, ]
  cox(Surv(start, stop, event) ~ operated, rbind(first, second))
}
time_dependent <- function(d, endpoint) hazard_ratio(time_dependent_fit(d, endpoint))
upper_limit <- function(fit) if (is.na(hazard_ratio(fit))) NA else unname(exp(confint(fit)[1, 2]))
early_start <- function(d) {
  d$early <- d$months_since_diagnosis <= median(d$months_since_diagnosis)
  hazard_ratio(cox(Surv(os_years, os_event) ~ early, d))
}
without_improvement <- function(d) {
  d <- d[d$group == "surgery", ]
  sum(d$best_response != "PR" & d$tvi_post >= d$tvi_pre &
        !(d$organ_invasion_pre == 1 & d$organ_invasion_post == 0) & !(d$liver_metastases_gone %in% 1))
}
beyond_180_p <- function(d) {
  beyond <- function(x) x %in% c(2, 4, 5, 6)
  d <- d[beyond(d$tvi_pre) & !is.na(d$tvi_post), ]
  fisher.test(table(factor(d$group), factor(beyond(d$tvi_post), c(FALSE, TRUE))))$p.value
}

# Of the groups as they are, from the events after some years and until others.
groups <- function(d, endpoint, after, until) {
  d$time <- d[[paste0(endpoint, "_years")]]
  d$event <- ifelse(d$time <= until, d[[paste0(endpoint, "_event")]], 0)
  d$operated <- as.numeric(d$group == "surgery")
  hazard_ratio(cox(Surv(time, event) ~ operated, d[d$time > after, ]))
}

target_trial <- function(d, covariates) {
  d <- transform(d, time = round(os_years, 8), died = os_event, left = round(years_to_surgery(d), 8))
  d$grade_1 <- as.numeric(d$grade == "G1")
  hazard_ratio(emulate(d, covariates, end = 2)$trial)
}

curve <- function(d, group, endpoint = "os") {
  d$time <- d[[paste0(endpoint, "_years")]]
  d$event <- d[[paste0(endpoint, "_event")]]
  survfit(Surv(time, event) ~ 1, d[d$group == group, ])
}
ended <- function(fit, at) max(fit$time) < at && min(fit$surv) > 0
alive <- function(d, group, at, endpoint = "os") {
  fit <- curve(d, group, endpoint)
  if (ended(fit, at)) NA else summary(fit, times = at, extend = TRUE)$surv
}
restricted_mean <- function(d, group, at) {
  fit <- curve(d, group)
  if (ended(fit, at)) NA else summary(fit, rmean = at)$table[["rmean"]]
}
apart <- function(d, at) restricted_mean(d, "surgery", at) - restricted_mean(d, "prrt_only", at)

scored <- function(d, covariates) {
  d$operated <- as.numeric(d$group == "surgery")
  d$grade_1 <- as.numeric(d$grade == "G1")
  d <- d[complete.cases(d[covariates]), ]
  fit <- glm(reformulate(covariates, "operated"), binomial, d, control = glm.control(epsilon = 1e-15, maxit = 100))
  d$score <- fitted(fit)
  d
}
all_four <- c("grade_1", "kps", "prrt_activity_gbq", "tumour_size_post_mm")
# One or two patients decide what fewer than five effective ones of a group say.
enough <- function(d) all(tapply(d$w, d$operated, function(w) sum(w)^2 / sum(w^2)) >= 5)
weighted_ratio <- function(d) if (enough(d)) hazard_ratio(cox(Surv(os_years, os_event) ~ operated, d)) else NA
weighted <- function(d) {
  d <- scored(d, all_four)
  share <- mean(d$operated)
  d$w <- ifelse(d$operated == 1, share / d$score, (1 - share) / (1 - d$score))
  weighted_ratio(d)
}
overlap <- function(d) {
  d <- scored(d, all_four)
  d$w <- ifelse(d$operated == 1, 1 - d$score, d$score)
  weighted_ratio(d)
}
# Thirds of the score by its middle rank; scores that differ from the tenth digit on are one.
stratified <- function(d) {
  d <- scored(d, all_four)
  d$third <- pmin(floor(3 * (rank(round(d$score, 9)) - 0.5) / nrow(d)), 2)
  hazard_ratio(cox(Surv(os_years, os_event) ~ operated + strata(third), d))
}
adjusted <- function(d, covariates) hazard_ratio(cox(Surv(os_years, os_event) ~ operated + score, scored(d, covariates)))
# P value of activity for death without the patient who died after the first cycle.
activity_p <- function(d) {
  fit <- cox(Surv(os_years, os_event) ~ prrt_activity_gbq, d[!(d$dose_adjustment %in% "death"), ])
  summary(fit)$coefficients[1, "Pr(>|z|)"]
}
shrinkage <- function(d) {
  decrease <- 100 * (1 - d$tumour_size_post_mm / d$tumour_size_mm)
  mean(decrease[d$group == "surgery"], na.rm = TRUE) - mean(decrease[d$group == "prrt_only"], na.rm = TRUE)
}

quantities <- function(d) list(
  landmark_hr_12 = landmark(d, 12, "os"), landmark_hr_18 = landmark(d, 18, "os"),
  landmark_hr_24 = landmark(d, 24, "os"), time_dependent_hr = time_dependent(d, "os"),
  time_dependent_upper = upper_limit(time_dependent_fit(d, "os")),
  target_trial_hr = target_trial(d, character()), target_trial_hr_adjusted = target_trial(d, c("grade_1", "kps")),
  hr_until_5y = groups(d, "os", 0, 5), hr_after_5y = groups(d, "os", 5, Inf),
  os_5y_surgery = alive(d, "surgery", 5), os_5y_prrt_only = alive(d, "prrt_only", 5),
  os_10y_surgery = alive(d, "surgery", 10), os_10y_prrt_only = alive(d, "prrt_only", 10),
  rmst_5y_difference = apart(d, 5), rmst_10y_difference = apart(d, 10),
  landmark_hr_12_pfs = landmark(d, 12, "pfs"), landmark_hr_18_pfs = landmark(d, 18, "pfs"),
  landmark_hr_24_pfs = landmark(d, 24, "pfs"), time_dependent_hr_pfs = time_dependent(d, "pfs"),
  hr_pfs = groups(d, "pfs", 0, Inf),
  pfs_2y_surgery = alive(d, "surgery", 2, "pfs"), pfs_2y_prrt_only = alive(d, "prrt_only", 2, "pfs"),
  pfs_5y_surgery = alive(d, "surgery", 5, "pfs"), pfs_5y_prrt_only = alive(d, "prrt_only", 5, "pfs"),
  shrinkage_difference = shrinkage(d),
  weighted_hr = weighted(d), overlap_hr = overlap(d), stratified_hr = stratified(d),
  adjusted_hr_without_activity = adjusted(d, setdiff(all_four, "prrt_activity_gbq")),
  adjusted_hr_activity_and_size = adjusted(d, c("prrt_activity_gbq", "tumour_size_post_mm")),
  adjusted_hr_grade_and_kps = adjusted(d, c("grade_1", "kps")),
  activity_p_without_early_death = activity_p(d),
  early_start_hr = early_start(d), without_improvement = without_improvement(d), beyond_180_p = beyond_180_p(d)
)

file <- "data/witnesses.csv"
d <- read.csv(file, na.strings = "", stringsAsFactors = FALSE)
answer("witnesses.json", list(
  md5 = unname(tools::md5sum(file)), cohorts = lapply(split(d, d$cohort), quantities)
))
