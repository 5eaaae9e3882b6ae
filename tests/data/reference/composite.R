# Expected values of composite indicators, in base R. Run from this folder: Rscript composite.R
# Data: ../indicators/districts.csv. Writes composite_expected.csv (what, code, row, value).
d <- read.csv("../indicators/districts.csv")
codes <- c("clinics", "doctors", "waiting_days", "school_years", "broadband", "complaints")
sign <- c(1, 1, -1, 1, 1, -1)
x <- sweep(as.matrix(d[codes]), 2, sign, `*`)
out <- NULL
add <- function(what, code, value) {
  out <<- rbind(out, data.frame(what, code, row = seq_along(value), value = as.numeric(value)))
}
skew2 <- function(v) {
  v <- v[!is.na(v)]; n <- length(v); m <- v - mean(v)
  (sqrt(n) * sum(m^3) / sum(m^2)^1.5) * sqrt(n * (n - 1)) / (n - 2)
}
kurt2 <- function(v) {
  v <- v[!is.na(v)]; n <- length(v); m <- v - mean(v)
  ((n + 1) * (n * sum(m^4) / sum(m^2)^2 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))
}
minmax <- function(v) (v - min(v, na.rm = TRUE)) / diff(range(v, na.rm = TRUE))
for (j in seq_along(codes)) {
  v <- x[, j]
  r <- rank(v, ties.method = "min", na.last = "keep")
  add("z", codes[j], as.numeric(scale(v)))
  add("minmax", codes[j], minmax(v))
  add("rank", codes[j], r)
  add("borda", codes[j], r - 1)
  add("percentile", codes[j], (r - 1) / (sum(!is.na(v)) - 1))
  add("skewness", codes[j], skew2(d[[codes[j]]]))
  add("kurtosis", codes[j], kurt2(d[[codes[j]]]))
}
y <- apply(x, 2, minmax)
entropy <- apply(y, 2, function(v) {
  v <- v[!is.na(v)]; p <- v / sum(v)
  1 + sum(ifelse(p > 0, p * log(p), 0)) / log(length(v))
})
add("entropy", "index", entropy / sum(entropy))
full <- y[complete.cases(y), ]
critic <- apply(full, 2, sd) * rowSums(1 - cor(full))
add("critic", "index", critic / sum(critic))
use <- c("clinics", "doctors", "school_years", "broadband")
pc <- prcomp(x[complete.cases(x), use], scale. = TRUE)
load <- pc$rotation[, 1] * sign(sum(pc$rotation[, 1]))
stopifnot(all(load > 0))
add("pc1", "index", load / sum(load))
add("explained", "index", pc$sdev[1]^2 / sum(pc$sdev^2))
w <- c(1, 2, 1, 3, 1, 2)
s <- 1 + 99 * y
present <- !is.na(s)
add("arithmetic", "index", apply(s, 1, function(v) weighted.mean(v, w, na.rm = TRUE)))
add("geometric", "index", apply(s, 1, function(v) exp(weighted.mean(log(v), w, na.rm = TRUE))))
add("power", "index", apply(s, 1, function(v) sqrt(weighted.mean(v^2, w, na.rm = TRUE))))
a <- sapply(seq_along(codes), function(j) {
  v <- x[, j]; (v - mean(v, na.rm = TRUE)) / diff(range(v, na.rm = TRUE)) * 60 + 100
})
add("ampi", "index", apply(a, 1, function(v) {
  v <- v[!is.na(v)]; m <- mean(v); m + (mean(v^2) - m^2) / m
}))
add("vif", "index", diag(solve(cor(full))))
out$value <- ifelse(is.na(out$value), "", sprintf("%.17g", out$value))
write.csv(out, "composite_expected.csv", row.names = FALSE, quote = FALSE)
