# Reference results for tests/statistics/test_models_on_reference.py: run in this folder; needs survival, cmprsk,
# sandwich, clubSandwich, nnet, splines. Writes models_on.csv (model, term, estimate, std_error).
suppressMessages({library(sandwich); library(clubSandwich); library(survival); library(cmprsk); library(nnet); library(splines)})
options(digits = 17)
d <- read.csv("../models_on/persons.csv", fileEncoding = "UTF-8-BOM")
p <- read.csv("../models_on/panel.csv", fileEncoding = "UTF-8-BOM")
r <- read.csv("../models_on/results.csv", fileEncoding = "UTF-8-BOM")
tight <- list(epsilon = 1e-14, maxit = 200)
out <- list()
add <- function(model, est, se) for (n in names(est))
  out[[length(out) + 1]] <<- data.frame(model, term = n, estimate = unname(est[n]), std_error = unname(se[n]))
both <- function(model, f, v) {
  keep <- !grepl("factor\\((unit|month)", names(coef(f)))
  add(model, coef(f)[keep], sqrt(diag(v))[keep])
}

f <- lm(burnout ~ workload + age, d, weights = weight)
both("ols_iid", f, vcov(f))
for (k in c("HC0", "HC1", "HC2", "HC3")) both(paste0("ols_", k), f, vcovHC(f, k))
both("ols_cluster", f, vcovCL(f, d$unit, type = "HC0"))
both("ols_none", f, vcovCL(f, d$unit, type = "HC0", cadjust = FALSE))
both("ols_full", f, vcovCL(f, d$unit, type = "HC1"))
g <- lm(burnout ~ workload + age, d)
both("ols_CR2", g, vcovCR(g, d$county, "CR2"))
h <- lm(burnout ~ workload + age + factor(unit), d)
both("fe_iid", h, vcov(h)); both("fe_HC0", h, vcovHC(h, "HC0")); both("fe_HC1", h, vcovHC(h, "HC1"))
both("fe_cluster", h, vcovCL(h, d$unit, type = "HC0"))
s <- lm(burnout ~ ns(age, 3) + bs(workload, 5), d)
names(s$coefficients) <- sub("bs\\(workload, 5\\)", "bs(workload, 5)", sub("ns\\(age, 3\\)", "ns(age, 3)", names(coef(s))))
both("splines", s, vcov(s))

for (l in c("logit", "cloglog")) {
  f <- glm(left ~ workload + age + cohort, d, family = binomial(l), control = tight)
  both(paste0(l, "_iid"), f, vcov(f)); both(paste0(l, "_HC0"), f, vcovHC(f, "HC0")); both(paste0(l, "_HC3"), f, vcovHC(f, "HC3"))
  both(paste0(l, "_cluster"), f, vcovCL(f, d$unit, type = "HC0"))
  f <- suppressWarnings(glm(left ~ workload + age, d, family = binomial(l), weights = weight, control = tight))
  both(paste0(l, "_weights"), f, vcov(f))
}
some <- p[!p$unit %in% p$unit[ave(p$exits, p$unit, FUN = sum) == 0], ]
f <- glm(cbind(exits, staff - exits) ~ workload + factor(unit) + factor(month), some, family = binomial("cloglog"), control = tight)
both("cells_iid", f, vcov(f)); both("cells_cluster", f, vcovCL(f, some$unit, type = "HC0"))
f <- glm(tasks ~ workload + rule + offset(ln_staff), p, family = poisson, control = tight)
both("poisson_iid", f, vcov(f)); both("poisson_HC1", f, vcovHC(f, "HC1")); both("poisson_cluster", f, vcovCL(f, p$unit, type = "HC0"))
f <- glm(tasks ~ workload + rule + offset(ln_staff) + factor(unit), p, family = poisson, control = tight)
both("poisson_fe_iid", f, vcov(f)); both("poisson_fe_HC0", f, vcovHC(f, "HC0")); both("poisson_fe_cluster", f, vcovCL(f, p$unit, type = "HC0"))
# as fixest with fixef.K = "nested": effects inside the clusters do not count, K = 2 coefficients and a constant
both("poisson_fe_full", f, vcovCL(f, p$unit, type = "HC0") * (nrow(p) - 1) / (nrow(p) - 3))

d$sex <- factor(d$sex, c("女", "男"))
slopes <- function(model, f) {
  names(f$coefficients) <- gsub("workload:sex_男", "sex_男:workload", gsub("sex(男|女)", "sex_\\1", names(coef(f))))
  both(model, f, vcov(f))
}
slopes("slopes", lm(burnout ~ sex:workload, d)); slopes("slopes_difference", lm(burnout ~ sex * workload, d))
slopes("slopes_main", lm(burnout ~ workload + sex:workload, d))
slopes("slopes_logit", glm(left ~ sex:workload, d, family = binomial, control = tight))

cc <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 50)
for (t in c("efron", "breslow")) {
  C <- function(name, f) both(paste0("cox_", name, "_", t), f, vcov(f))
  C("plain", coxph(Surv(exit, left) ~ workload + age + cohort, d, ties = t, control = cc))
  C("entry", coxph(Surv(entry, exit, left) ~ workload + age, d, ties = t, control = cc))
  C("cluster", coxph(Surv(entry, exit, left) ~ workload + age, d, ties = t, cluster = unit, control = cc))
  C("strata", coxph(Surv(entry, exit, left) ~ workload + age + strata(county, sex), d, ties = t, control = cc))
  C("weights", coxph(Surv(entry, exit, left) ~ workload + age, d, ties = t, weights = weight, cluster = person, control = cc))
}

d$cause <- factor(d$how, c("在岗", "辞职", "退休"))
curves <- function(model, f, times) {
  s <- summary(f, times = times, extend = TRUE)
  group <- if (is.null(s$strata)) "" else paste0(sub("cohort=", "cohort_", as.character(s$strata)), ":")
  for (j in 2:3) {
    term <- paste0(group, f$states[j], "@", s$time)
    add(model, setNames(s$pstate[, j], term), setNames(s$std.err[, j], term))
    add(paste0(model, "_limits"), setNames(s$lower[, j], term), setNames(s$upper[, j], term))
  }
}
curves("curve", survfit(Surv(exit, cause) ~ cohort, d), c(24, 40))
curves("curve_entry", survfit(Surv(entry, exit, cause) ~ 1, d, id = person), c(24, 40))
f <- crr(d$exit, as.integer(d$cause) - 1, cbind(workload = d$workload, age = d$age), failcode = 1, gtol = 1e-8, maxiter = 50)
add("fine_gray", f$coef, setNames(sqrt(diag(f$var)), names(f$coef)))

margin <- function(model, f, mean_of) {
  b <- coef(f); at <- function(b) mean_of(as.vector(model.matrix(f) %*% b), b, model.matrix(f))
  grad <- sapply(seq_along(b), function(i) { e <- replace(0 * b, i, 1e-5); (at(b + e) - at(b - e)) / 2e-5 })
  add(paste0("margin_", model), c(workload = at(b)), c(workload = sqrt(drop(t(grad) %*% vcov(f) %*% grad))))
}
f <- glm(left ~ workload + age, d, family = binomial, control = tight)
margin("logit", f, function(e, b, x) mean(dlogis(e) * b[2]))
f <- glm(left ~ workload + age, d, family = binomial("cloglog"), control = tight)
margin("cloglog", f, function(e, b, x) mean(exp(e - exp(e)) * b[2]))
f <- glm(item ~ workload + age, d, family = poisson, control = tight)
margin("poisson", f, function(e, b, x) mean(exp(e) * b[2]))

d$way <- relevel(factor(d$how), "在岗")
f <- multinom(way ~ workload + age, d, trace = FALSE, reltol = 1e-15, maxit = 1000)
for (k in c("辞职", "退休")) add(paste0("multinomial_", k), coef(f)[k, ], summary(f)$standard.errors[k, ])
for (m in c("holm", "hochberg", "hommel", "bonferroni", "BH", "BY")) {
  a <- setNames(p.adjust(r$p, m), r$province); add(paste0("p_", m), a, a)
}
table <- do.call(rbind, out)
table$term <- sub("^cohort90", "cohort_90", table$term)
write.csv(table, "models_on.csv", row.names = FALSE, fileEncoding = "UTF-8")
