# Reference for jianfu.hazard: R's glm with dummies, cluster sandwich by hand. Run in this folder: Rscript hazard.R
# Expected information (vcov of glm), scores weighted residual * regressor summed by unit, times G / (G - 1).
data <- read.csv("hazard_data.csv")
result <- NULL
for (link in c("cloglog", "logit", "poisson")) {
  fit <- if (link == "poisson")
    glm(y ~ x + x:I(cohort == 1) + factor(cohort) + factor(unit) + factor(month) + offset(log(n)), poisson, data,
        control = glm.control(epsilon = 1e-14, maxit = 100))
  else
    glm(cbind(y, n - y) ~ x + x:I(cohort == 1) + factor(cohort) + factor(unit) + factor(month), binomial(link), data,
        control = glm.control(epsilon = 1e-14, maxit = 100))
  keep <- !is.na(coef(fit))
  design <- model.matrix(fit)[, keep]
  scores <- rowsum(residuals(fit, "working") * fit$weights * design, data$unit)
  clusters <- nrow(scores)
  bread <- summary(fit)$cov.unscaled
  sandwich <- bread %*% crossprod(scores) %*% bread * clusters / (clusters - 1)
  wanted <- c("x", "x:I(cohort == 1)TRUE", "factor(cohort)1", "factor(cohort)2")
  result <- rbind(result, data.frame(link, term = c("x", "x:c1", "c1", "c2"), estimate = coef(fit)[wanted],
                                     std_error = sqrt(diag(sandwich))[wanted]))
}
write.csv(format(result, digits = 15), "hazard_expected.csv", row.names = FALSE, quote = FALSE)
