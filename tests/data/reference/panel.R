# Reference results of tests/statistics/test_{mixed,gee,ordinal}.py. Run in this folder: Rscript panel.R
# Data sets: sleepstudy, Penicillin, Pastes (lme4), dietox, ohio (geepack), wine (ordinal), housing (MASS).
library(lme4); library(geepack); library(ordinal); library(MASS); library(sandwich)
rows <- list()
put <- function(case, term, estimate, std_error = NA)
  rows[[length(rows) + 1]] <<- data.frame(case = case, term = term, estimate = estimate, std_error = std_error)

control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e5))
mixed <- function(case, formula, data, REML) {
  fit <- lmer(formula, data, REML = REML, control = control)
  put(case, names(fixef(fit)), fixef(fit), sqrt(diag(as.matrix(vcov(fit)))))
  components <- as.data.frame(VarCorr(fit))
  names <- ifelse(components$grp == "Residual", "residual", paste(components$grp, components$var1, components$var2))
  put(case, names, components$vcov)
  put(case, "criterion", if (REML) REMLcrit(fit) else deviance(fit))
}
write.csv(sleepstudy, "sleepstudy.csv", row.names = FALSE)
write.csv(Penicillin, "penicillin.csv", row.names = FALSE)
write.csv(Pastes[c("strength", "batch", "sample")], "pastes.csv", row.names = FALSE)
for (REML in c(TRUE, FALSE)) {
  name <- function(x) paste(x, if (REML) "reml" else "ml")
  mixed(name("intercept"), Reaction ~ Days + (1 | Subject), sleepstudy, REML)
  mixed(name("slope"), Reaction ~ Days + (Days | Subject), sleepstudy, REML)
  mixed(name("crossed"), diameter ~ 1 + (1 | plate) + (1 | sample), Penicillin, REML)
  mixed(name("nested"), strength ~ 1 + (1 | sample) + (1 | batch), Pastes, REML)
}

data(dietox); dietox <- dietox[complete.cases(dietox), ]
dietox <- dietox[order(dietox$Pig, dietox$Time), c("Weight", "Time", "Cu", "Pig")]
data(ohio); ohio <- ohio[order(ohio$id, ohio$age), ]
write.csv(dietox, "dietox.csv", row.names = FALSE)
write.csv(ohio, "ohio.csv", row.names = FALSE)
tight <- geese.control(epsilon = 1e-12, maxit = 200)
for (structure in c("independence", "exchangeable", "ar1")) {
  fit <- geeglm(Weight ~ Time + Cu, id = Pig, data = dietox, corstr = structure, control = tight)
  put(paste("dietox", structure), names(coef(fit)), coef(fit), summary(fit)$coefficients[, 2])
  if (structure != "independence") put(paste("dietox", structure), "alpha", fit$geese$alpha)
  fit <- geeglm(resp ~ age + smoke, id = id, data = ohio, family = binomial, corstr = structure, control = tight)
  put(paste("ohio", structure), names(coef(fit)), coef(fit), summary(fit)$coefficients[, 2])
  if (structure != "independence") put(paste("ohio", structure), "alpha", fit$geese$alpha)
}
seizures <- MASS::epil
write.csv(seizures[c("y", "trt", "age", "period", "subject")], "epil.csv", row.names = FALSE)
fit <- geeglm(y ~ trt + age, id = subject, data = seizures, family = poisson, corstr = "exchangeable", control = tight)
put("epil exchangeable", names(coef(fit)), coef(fit), summary(fit)$coefficients[, 2])

wine$judge <- as.integer(wine$judge)
write.csv(wine[c("rating", "temp", "contact", "judge")], "wine.csv", row.names = FALSE)
write.csv(housing, "housing.csv", row.names = FALSE)
for (link in c("logit", "probit", "cloglog")) {
  fit <- clm(rating ~ temp + contact, data = wine, link = link, control = clm.control(gradTol = 1e-10))
  put(paste("wine", link), names(coef(fit)), coef(fit), sqrt(diag(vcov(fit))))
  if (link != "cloglog") {
    robust <- sandwich(fit, meat. = meatCL(fit, cluster = wine$judge, type = "HC0", cadjust = TRUE))
    put(paste("wine clustered", link), names(coef(fit)), coef(fit), sqrt(diag(robust)))
  }
}
for (method in c("logistic", "probit")) {
  fit <- polr(Sat ~ Infl + Type + Cont, weights = Freq, data = housing, Hess = TRUE, method = method,
              control = list(reltol = 1e-15, maxit = 1000))
  put(paste("housing", method), names(coef(fit)), coef(fit), sqrt(diag(vcov(fit)))[seq_along(coef(fit))])
}
write.csv(do.call(rbind, rows), "panel_expected.csv", row.names = FALSE)
