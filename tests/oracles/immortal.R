# Asks R for landmark and time-dependent Cox models of the Stanford heart transplants, for
# tests/analyses/test_immortal_time.py. Run in this folder: Rscript immortal.R
source("answer.R")
suppressMessages(library(survival))

stanford <- with(jasa, data.frame(
  patient = seq_along(futime), days = futime, died = fustat, transplant, days_to_transplant = wait.time
))
write.csv(stanford, "data/stanford.csv", row.names = FALSE, quote = FALSE)

model <- function(formula, data, ties) {
  control <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
  wald(coxph(formula, data, ties = ties, control = control))
}
both <- function(formula, data) {
  list(breslow = model(formula, data, "breslow"), efron = model(formula, data, "efron"))
}

landmark <- function(at) {
  left <- subset(stanford, days > at)
  left$by_then <- !is.na(left$days_to_transplant) & left$days_to_transplant <= at
  c(
    list(patients = nrow(left), operated = sum(left$by_then), deaths = sum(left$died)),
    both(Surv(days, died) ~ by_then, left)
  )
}
landmarks <- c(10, 30, 60, 90, 180)

# `heart` is these patients with their time cut at the transplantation, as survival ships it
answer("immortal.json", list(
  heart = with(heart, list(id = id, start = start, stop = stop, event = event, transplant = as.integer(transplant) - 1)),
  time_dependent = both(Surv(start, stop, event) ~ transplant, heart),
  naive = both(Surv(days, died) ~ transplant, stanford),
  landmarks = setNames(lapply(landmarks, landmark), landmarks)
))
