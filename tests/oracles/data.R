# Writes the data sets that the scripts here use, from R's survival package (Freireich's typed).
# Run in this folder: Rscript data.R
library(survival)

write <- function(d, file) write.csv(d, file.path("data", file), row.names = FALSE, quote = FALSE)

write(na.omit(with(lung, data.frame(
  time, event = status - 1, sex, age, ph_ecog = ph.ecog, wt_loss = wt.loss
))), "lung.csv")
write(with(ovarian, data.frame(time = futime, event = fustat, age, rx, resid_ds = resid.ds)), "ovarian.csv")
write(with(veteran, data.frame(
  time, event = status, trt, celltype, karno, diagtime, age, prior = prior / 10
)), "veteran.csv")
write(with(leukemia, data.frame(
  time, event = status, maintained = as.integer(x == "Maintained")
)), "leukemia.csv")

write(myeloid, "myeloid.csv")

# The two arms that differed, one row a patient; blank where no recurrence was seen
recurrence <- colon[colon$etype == 1, ]
death <- colon[colon$etype == 2, ]
stopifnot(recurrence$id == death$id)
write(data.frame(
  id = death$id, treated = as.integer(death$rx == "Lev+5FU"), sex = death$sex, age = death$age, node4 = death$node4,
  rltime = ifelse(recurrence$status == 1, recurrence$time, ""), futime = death$time, death = death$status
)[death$rx != "Lev", ], "colon.csv")

# Freireich EJ et al. Blood 1963;21:699-716: weeks in remission, 6-MP (treated) and placebo
write(data.frame(
  time = c(
    6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35,
    1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23
  ),
  event = c(1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, rep(1, 21)),
  treated = rep(1:0, each = 21)
), "freireich.csv")
