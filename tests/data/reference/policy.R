# Group-time effects of the county panel of minimum wages and teenage employment (mpdta of R's did, version 2.x):
# 500 counties, 2003-2007, log employment. Writes the numbers kept in policy_expected.csv.
library(did)
wide <- read.csv("policy_mpdta.csv")
long <- reshape(wide, direction = "long", varying = paste0("lemp_", 2003:2007), v.names = "lemp",
                timevar = "year", times = 2003:2007, idvar = "county")
runs <- list(nev_dr = list("nevertreated", "dr", ~1), nyt_dr = list("notyettreated", "dr", ~1),
             nev_reg_cov = list("nevertreated", "reg", ~lpop))
rows <- list()
for (name in names(runs)) {
  run <- runs[[name]]
  out <- att_gt("lemp", "year", "county", "first_treat", xformla = run[[3]], data = long,
                control_group = run[[1]], est_method = run[[2]], bstrap = FALSE, cband = FALSE)
  rows[[name]] <- data.frame(run = name, kind = "cell", label = paste(out$group, out$t), att = out$att, se = out$se)
  for (type in c("simple", "group", "dynamic", "calendar")) {
    agg <- aggte(out, type = type, bstrap = FALSE, cband = FALSE)
    rows[[paste(name, type)]] <- data.frame(run = name, kind = type, label = "overall", att = agg$overall.att,
                                            se = agg$overall.se)
    if (type != "simple") rows[[paste(name, type, "by")]] <- data.frame(
      run = name, kind = type, label = as.character(agg$egt), att = agg$att.egt, se = agg$se.egt)
  }
}
write.csv(do.call(rbind, rows), "policy_expected.csv", row.names = FALSE)
