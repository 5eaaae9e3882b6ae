# Reference values of meta-analysis: metafor::rma on dat.bcg (log risk ratios of BCG vaccination). Run in this folder.
suppressMessages(library(metafor))
dat <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
write.csv(data.frame(trial = dat$trial, yi = as.numeric(dat$yi), vi = as.numeric(dat$vi), ablat = dat$ablat), "meta_data.csv", row.names = FALSE)
rows <- list()
put <- function(name, value) rows[[length(rows) + 1]] <<- data.frame(name = name, value = as.numeric(value))
strict <- list(threshold = 1e-12, maxiter = 10000)
for (method in c("REML", "DL", "ML", "PM", "EE")) for (test in c("z", "knha", "adhoc")) {
  if (method == "EE" && test != "z") next
  control <- if (method %in% c("REML", "ML", "PM")) list(threshold = 1e-13, maxiter = 10000, tol = 1e-13) else list()
  m <- rma(yi, vi, data = dat, method = method, test = test, control = control)
  p <- predict(m)
  key <- paste(method, test, sep = "|")
  values <- c(estimate = m$b, se = m$se, lb = m$ci.lb, ub = m$ci.ub, p = m$pval, tau2 = m$tau2, Q = m$QE, Qp = m$QEp,
              I2 = m$I2, H2 = m$H2, pi_lb = p$pi.lb, pi_ub = p$pi.ub)
  for (v in names(values)) put(paste(key, v, sep = "|"), values[[v]])
  if (method == "REML" && test == "z") {
    drawn <- blup(m)
    for (i in seq_len(nrow(dat))) {
      put(paste("blup", i, "pred", sep = "|"), drawn$pred[i]); put(paste("blup", i, "se", sep = "|"), drawn$se[i])
    }
  }
  if (method == "REML" && test == "knha") {
    ci <- confint(m, control = list(tol = 1e-12))$random
    put("QP|tau2_lb", ci[1, 2]); put("QP|tau2_ub", ci[1, 3]); put("QP|I2_lb", ci[3, 2]); put("QP|H2_ub", ci[4, 3])
    for (i in seq_len(nrow(dat))) {
      one <- rma(yi, vi, data = dat[-i, ], method = method, test = test, control = control)
      put(paste("loo", i, "estimate", sep = "|"), one$b); put(paste("loo", i, "tau2", sep = "|"), one$tau2)
      put(paste("loo", i, "lb", sep = "|"), one$ci.lb)
    }
  }
}
reg <- rma(yi, vi, mods = ~ ablat, data = dat, method = "REML", test = "knha", control = list(threshold = 1e-13, maxiter = 10000))
put("reg|b0", reg$b[1]); put("reg|b1", reg$b[2]); put("reg|se1", reg$se[2]); put("reg|tau2", reg$tau2); put("reg|Q", reg$QE)
put("reg|I2", reg$I2)
same <- rma(c(0.1, 0.1, 0.1, 0.1), c(0.01, 0.02, 0.03, 0.04), method = "REML", test = "knha")
put("same|tau2", same$tau2); put("same|se", same$se)
near <- rma(c(0.10, 0.12, 0.11, 0.13), c(0.01, 0.02, 0.03, 0.04), method = "REML", test = "adhoc")
put("near|tau2", near$tau2); put("near|se", near$se); put("near|lb", near$ci.lb)
out <- do.call(rbind, rows)
out$value <- format(out$value, digits = 15, scientific = TRUE, trim = TRUE)
write.csv(out, "meta_expected.csv", row.names = FALSE, quote = FALSE)
