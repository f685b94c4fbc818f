# How every script here writes down what R answered.
library(jsonlite)

# Coefficients of a glm or coxph fit with Wald's 95% limits, as rows.
wald <- function(fit) {
  coef <- coef(fit)
  se <- sqrt(diag(vcov(fit)))
  z <- qnorm(0.975)
  unname(cbind(coef, se, exp(coef), exp(coef - z * se), exp(coef + z * se), 2 * pnorm(-abs(coef / se))))
}

answer <- function(file, answers) {
  asked_of <- list(
    R = R.version.string,
    survival = as.character(packageVersion("survival")),
    wald_columns = c("coef", "se", "ratio", "ci_low", "ci_high", "p")
  )
  text <- toJSON(c(asked_of, answers), digits = I(17), auto_unbox = TRUE, na = "null", pretty = TRUE)
  writeLines(text, file)
}
