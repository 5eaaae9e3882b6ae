# Reference values of scale statistics: R psych and lavaan on the bfi items (psych) and HolzingerSwineford1939 (lavaan).
# Writes psychometrics_bfi.csv, psychometrics_hs.csv (data) and psychometrics_expected.csv (name, value).
suppressMessages({library(psych); library(lavaan)})
rows <- list()
put <- function(name, value) rows[[length(rows) + 1]] <<- data.frame(name = name, value = as.numeric(value))

items <- c("A1", "A2", "A3", "A4", "A5", "C1", "C2", "C3", "C4", "C5")
bfi10 <- na.omit(psych::bfi[1:600, c(items, "education")])
bfi10$A1 <- 7 - bfi10$A1; bfi10$C4 <- 7 - bfi10$C4; bfi10$C5 <- 7 - bfi10$C5
write.csv(bfi10, "psychometrics_bfi.csv", row.names = FALSE)
agree <- bfi10[, items[1:5]]
n <- nrow(agree)
a <- psych::alpha(agree)
put("alpha", a$total$raw_alpha)
ci <- psych::alpha.ci(a$total$raw_alpha, n.obs = n, n.var = 5, digits = 12)
put("alpha_low", ci$lower.ci); put("alpha_high", ci$upper.ci)
put("omega_minres", psych::omega(agree, nfactors = 1, plot = FALSE)$omega.tot)
R <- cor(bfi10[, items])
k <- psych::KMO(R)
put("kmo", k$MSA)
for (i in items) put(paste0("kmo_", i), k$MSAi[[i]])
b <- psych::cortest.bartlett(R, n = n)
put("bartlett_chi2", b$chisq); put("bartlett_df", b$df)
one <- lavaan::cfa("f =~ A1 + A2 + A3 + A4 + A5", agree, std.lv = TRUE)
l <- lavInspect(one, "est")
put("omega_ml", sum(l$lambda)^2 / (sum(l$lambda)^2 + sum(l$theta)))
put("eigen1", eigen(R)$values[1])
aov1 <- summary(aov(A2 ~ factor(education), bfi10))[[1]]
msb <- aov1[1, 3]; msw <- aov1[2, 3]
size <- (aov1[2, 1] + aov1[1, 1] + 1) / (aov1[1, 1] + 1)       # as multilevel::ICC1
put("icc1", (msb - msw) / (msb + (size - 1) * msw)); put("icc2", (msb - msw) / msb)   # as multilevel::ICC2
for (g in sort(unique(bfi10$education))) {                       # as multilevel::rwg.j
  part <- agree[bfi10$education == g, ]
  ratio <- min(mean(apply(part, 2, var)), (6^2 - 1) / 12) / ((6^2 - 1) / 12)
  put(paste0("rwg_", g), 5 * (1 - ratio) / (5 * (1 - ratio) + ratio))
}

hs <- HolzingerSwineford1939[, c("school", paste0("x", 1:9))]
write.csv(hs, "psychometrics_hs.csv", row.names = FALSE)
model <- "visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9"
measures <- c("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "rmsea.pvalue",
              "srmr", "baseline.chisq", "logl", "aic", "bic")
record <- function(name, fit, estimates = TRUE) {
  for (m in measures) put(paste(name, m, sep = "|"), fitMeasures(fit)[[m]])
  if (!estimates) return(invisible())
  pe <- parameterEstimates(fit)
  pe$group <- if (is.null(pe$group)) 1 else pe$group
  pe <- pe[pe$se > 0, ]
  for (i in seq_len(nrow(pe))) {
    key <- paste(name, paste0(pe$lhs[i], pe$op[i], pe$rhs[i]), pe$group[i], sep = "|")
    put(paste0(key, "|est"), pe$est[i]); put(paste0(key, "|se"), pe$se[i])
  }
}
fit <- function(...) cfa(model, hs, ...)
record("marker", fit())
record("std_lv", fit(std.lv = TRUE))
record("orthogonal", fit(orthogonal = TRUE), FALSE)
std <- standardizedSolution(fit())
std <- std[std$op == "=~", ]
for (i in seq_len(nrow(std))) {
  put(paste0("std|", std$rhs[i], "|est"), std$est.std[i]); put(paste0("std|", std$rhs[i], "|se"), std$se[i])
}
levels_of <- list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts"),
                  strict = c("loadings", "intercepts", "residuals"))
for (name in names(levels_of)) {
  record(name, if (name == "configural") fit(group = "school") else fit(group = "school", group.equal = levels_of[[name]]))
}
record("metric_std_lv", fit(group = "school", group.equal = "loadings", std.lv = TRUE))
mlm <- fit(estimator = "MLM")
put("mlm_chi2", fitMeasures(mlm)[["chisq.scaled"]]); put("mlm_scaling", fitMeasures(mlm)[["chisq.scaling.factor"]])
pe <- parameterEstimates(mlm)
for (i in which(pe$op == "=~" & pe$se > 0)) put(paste0("mlm_se|", pe$rhs[i]), pe$se[i])
mlmg <- fit(estimator = "MLM", group = "school", group.equal = c("loadings", "intercepts"))
put("mlm_scalar_chi2", fitMeasures(mlmg)[["chisq.scaled"]])
mlr <- fit(estimator = "MLR")
put("mlr_chi2", fitMeasures(mlr)[["chisq.scaled"]])
out <- do.call(rbind, rows)
out$value <- format(out$value, digits = 14, scientific = TRUE, trim = TRUE)
write.csv(out, "psychometrics_expected.csv", row.names = FALSE, quote = FALSE)
