# Reference for jianfu.incidence: Aalen-Johansen with delayed entry by R's survival. Run in this folder: Rscript incidence.R
# A person who enters at month t is at risk from month t + 1 on.
library(survival)
data <- read.csv("incidence_data.csv")
data$event <- factor(data$event, 0:2, c("censored", "leaves", "competing"))
data$id <- seq_len(nrow(data))
fit <- survfit(Surv(entry, exit, event) ~ 1, data, id = id)
result <- data.frame(time = fit$time, incidence = fit$pstate[, match("leaves", fit$states)], n = fit$n.risk[, 1])
write.csv(format(result, digits = 15), "incidence_expected.csv", row.names = FALSE, quote = FALSE)
