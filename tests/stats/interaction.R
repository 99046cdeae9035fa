# Reference values of test_interaction.py: R 4.2 with clubSandwich 0.5.8.
# Run from tests/stats: Rscript interaction.R > interaction.csv
suppressMessages(library(clubSandwich))
k <- 1:84
d <- data.frame(site = (k - 1) %% 9, level = as.numeric(k %% 2 == 0))
d$treat <- as.numeric(d$site < 4)
d$change <- round(3 * sin(k * 1.7) + 2 * cos(d$site * 2.3) - 1.5 * d$treat - d$level + 2.2 * d$treat * d$level, 3)
out <- function(case, estimate, se, df, low, high) cat(sprintf("%s,%.12g,%.12g,%.12g,%.12g,%.12g\n", case, estimate, se, df, low, high))
club <- function(case, data, formula, name) {
  fit <- lm(formula, data = data)
  v <- vcovCR(fit, cluster = data$site, type = "CR2")
  row <- coef_test(fit, vcov = v, test = "Satterthwaite")[name, ]
  half <- qt(0.975, row$df) * row$SE
  out(case, row$beta, row$SE, row$df, row$beta - half, row$beta + half)
}
cat("case,estimate,se,df,ci_low,ci_high\n")
club("sites_difference", d, change ~ treat * level, "treat:level")
club("sites_change", d, change ~ level, "level")
# people taken as independent: HC2 by hand, and t.test (Welch)
fit <- lm(change ~ treat * level, data = d)
X <- model.matrix(fit); e <- resid(fit); h <- hatvalues(fit); B <- solve(crossprod(X))
V <- B %*% crossprod(X * e / sqrt(1 - h)) %*% B
cell <- split(d$change, list(d$treat, d$level))
v <- sapply(cell, function(x) var(x) / length(x)); n <- sapply(cell, length)
df <- sum(v)^2 / sum(v^2 / (n - 1)); se <- sqrt(V["treat:level", "treat:level"]); b <- coef(fit)["treat:level"]
out("people_difference", b, se, df, b - qt(0.975, df) * se, b + qt(0.975, df) * se)
t <- t.test(d$change[d$level == 1], d$change[d$level == 0])
out("people_change", diff(rev(t$estimate)), t$stderr, t$parameter, t$conf.int[1], t$conf.int[2])
r <- cor.test(d$change, 3 * sin(k * 1.7))
out("correlation", r$estimate, NA, NA, r$conf.int[1], r$conf.int[2])
