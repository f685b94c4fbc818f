# Asks R for the survival of three public data sets, read from data/examples in the schema of this
# book's cohorts, for tests/cohort/test_public.py and the chapter your-cohort.
# Run in this folder: Rscript public.R
source("answer.R")
suppressMessages(library(survival))

read <- function(name) {
  cohort <- read.csv(file.path("../../data/examples", paste0(name, ".csv")))
  cohort$operated <- as.integer(cohort$group == "surgery")
  cohort
}

cox <- function(formula, data, ties) {
  control <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
  wald(coxph(formula, data, ties = ties, control = control))[1, ]
}
both <- function(formula, data) list(breslow = cox(formula, data, "breslow"), efron = cox(formula, data, "efron"))

medians <- function(data, type) {
  fit <- survfit(Surv(os_years, os_event) ~ 1, data, conf.type = type)
  q <- quantile(fit, 0.5)
  unname(c(q$quantile, q$lower, q$upper))
}
group <- function(data) list(
  patients = nrow(data), deaths = sum(data$os_event),
  log = medians(data, "log"), log_log = medians(data, "log-log"),
  at_1_year = summary(survfit(Surv(os_years, os_event) ~ 1, data), times = 1, extend = TRUE)$surv
)

asked <- function(name, landmark_months) {
  cohort <- read(name)
  test <- survdiff(Surv(os_years, os_event) ~ operated, cohort)
  answers <- list(
    md5 = unname(tools::md5sum(file.path("../../data/examples", paste0(name, ".csv")))),
    groups = lapply(split(cohort, cohort$group), group),
    logrank = list(statistic = test$chisq, p = pchisq(test$chisq, 1, lower.tail = FALSE)),
    naive = both(Surv(os_years, os_event) ~ operated, cohort)
  )
  if (!is.null(cohort$months_to_surgery)) {
    left <- subset(cohort, os_years > landmark_months / 12)
    left$by_then <- as.integer(!is.na(left$months_to_surgery) & left$months_to_surgery <= landmark_months)
    answers$landmark <- c(
      list(months = landmark_months, patients = nrow(left), operated = sum(left$by_then)),
      both(Surv(os_years, os_event) ~ by_then, left)
    )
    # `heart` holds the same patients with their time cut, as survival ships it: days from 1 on
    answers$time_dependent <- both(Surv(start, stop, event) ~ transplant, heart)
  }
  answers
}

# The files hold what R's own packages hold.
days <- function(name) round(read(name)$os_years * 365.25)
data(GBSG2, package = "TH.data")
stopifnot(
  identical(days("stanford"), round(as.vector(tapply(heart$stop, heart$id, max)))),
  identical(read("stanford")$os_event, as.integer(tapply(heart$event, heart$id, max))),
  identical(days("lung"), lung$time), identical(read("lung")$os_event, as.integer(lung$status - 1)),
  identical(read("lung")$operated, as.integer(lung$sex == 2)),
  identical(days("gbsg2"), as.numeric(GBSG2$time)), identical(read("gbsg2")$os_event, as.integer(GBSG2$cens)),
  identical(read("gbsg2")$operated, as.integer(GBSG2$horTh == "yes"))
)

answer("public.json", list(
  TH.data = as.character(packageVersion("TH.data")),
  stanford = asked("stanford", 2), lung = asked("lung", 6), gbsg2 = asked("gbsg2", 12)
))
