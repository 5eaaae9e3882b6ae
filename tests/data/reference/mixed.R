# Random-intercept models at small intraclass correlations, where a search can stop at a false zero (mixed_data.csv:
# 100 units of 20 rows, crossed with 20 months; y02, y05, y15 were drawn with a unit variance of .02, .05 and .15 of the
# total, y00 with units that differ less than by chance). Writes mixed_expected.csv.
library(lme4)
data <- read.csv("mixed_data.csv")
rows <- list()
for (outcome in c("y00", "y02", "y05", "y15")) for (random in c("unit", "crossed")) for (reml in c(TRUE, FALSE)) {
  formula <- paste(outcome, "~ x + z + (1 | unit)", if (random == "crossed") "+ (1 | month)")
  fit <- lmer(as.formula(formula), data, REML = reml, control = lmerControl(
    optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), check.conv.singular = "ignore"))
  rows[[length(rows) + 1]] <- data.frame(
    outcome, random, reml, term = c("(Intercept)", "x", "z"), estimate = fixef(fit),
    std_error = sqrt(diag(as.matrix(vcov(fit)))))
  found <- as.data.frame(VarCorr(fit))
  rows[[length(rows) + 1]] <- data.frame(
    outcome, random, reml, term = c(found$grp, "criterion"),
    estimate = c(found$vcov, -2 * as.numeric(logLik(fit))), std_error = NA)
}
write.csv(do.call(rbind, rows), "mixed_expected.csv", row.names = FALSE)
