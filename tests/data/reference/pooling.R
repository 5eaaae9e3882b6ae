# Reference values of Rubin's rules: mice::pool on 8 imputations of nhanes (regression of chl). Run in this folder.
suppressMessages(library(mice))
imp <- mice(nhanes, m = 8, seed = 31, printFlag = FALSE)
fits <- with(imp, lm(chl ~ bmi + age))
rows <- do.call(rbind, lapply(seq_along(fits$analyses), function(i) {
  s <- coef(summary(fits$analyses[[i]]))
  data.frame(imputation = i, term = rownames(s), estimate = s[, 1], std_error = s[, 2], df = df.residual(fits$analyses[[i]]))
}))
write.csv(rows, "pooling_data.csv", row.names = FALSE, quote = FALSE)
long <- complete(imp, "long")
write.csv(long[, c(".imp", ".id", "age", "bmi", "hyp", "chl")], "pooling_imputed.csv", row.names = FALSE)
p <- pool(fits)
s <- summary(p, conf.int = TRUE)
out <- cbind(p$pooled[, c("term", "m", "estimate", "ubar", "b", "t", "dfcom", "df", "riv", "lambda", "fmi")],
             se = s$std.error, p = s$p.value, lb = s[["2.5 %"]], ub = s[["97.5 %"]])
large <- pool(fits, dfcom = Inf)
out$df_large <- large$pooled$df; out$fmi_large <- large$pooled$fmi
out[-1] <- lapply(out[-1], function(x) format(x, digits = 15, scientific = TRUE, trim = TRUE))
write.csv(out, "pooling_expected.csv", row.names = FALSE, quote = FALSE)
