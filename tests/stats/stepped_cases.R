# Reference values for stats/stepped.py, in base R 4.2: Rscript tests/stats/stepped_cases.R > tests/stats/stepped_cases.json
# Every ATT(g, t) is the interaction of a two-by-two regression on the rows of two waves; the orders of the starts are
# listed by recursion; the interval is searched on the p value of y - r * exposure, without any of the algebra used there.
y <- rbind(
  c(0, 1.9, 4.2, 5.1), c(0, 3.1, 3.6, 6.4), c(0, 0.4, 2.7, 3.9), c(0, 1.2, 4.4, 4.1),
  c(0, 0.7, 1.1, 3.8), c(0, -0.3, 0.9, 2.2), c(0, 0.6, 1.4, 1.0), c(0, 1.0, 0.2, 1.7)
)
start <- c(2, 2, 3, 3, 4, 4, Inf, Inf) # waves counted from 1

did <- function(y, start, g, t) {
  rows <- which(start == g | start > t)
  long <- data.frame(
    y = c(y[rows, g - 1], y[rows, t]), late = rep(0:1, each = length(rows)), treated = rep(start[rows] == g, 2)
  )
  unname(coef(lm(y ~ late * treated, data = long))["late:treatedTRUE"])
}
cells <- function(start, waves) {
  found <- expand.grid(t = 1:waves, g = sort(unique(start[is.finite(start)])))
  found <- found[found$t >= found$g & sapply(found$t, function(t) any(start > t)), ]
  found$n <- sapply(found$g, function(g) sum(start == g))
  found
}
att <- function(y, start, keep = NULL) {
  use <- cells(start, ncol(y))
  if (!is.null(keep)) use <- use[use$t - use$g == keep, ]
  weighted.mean(mapply(function(g, t) did(y, start, g, t), use$g, use$t), use$n)
}
within <- function(y, start) {
  w <- d <- c()
  for (t in seq_len(ncol(y))) {
    on <- start <= t
    if (any(on) && any(!on)) {
      d <- c(d, coef(lm(y[, t] ~ on))[["onTRUE"]])
      w <- c(w, 1 / (1 / sum(on) + 1 / sum(!on)))
    }
  }
  weighted.mean(d, w)
}
deal <- function(left) { # every distinct order of a multiset
  if (length(left) == 1) return(list(left))
  unlist(lapply(unique(left), function(first) {
    lapply(deal(left[-match(first, left)]), function(rest) c(first, rest))
  }), recursive = FALSE)
}
# the statistics are linear in the site means, so one weight per site and wave is enough for every y
weights_of <- function(statistic, order, sites, waves) {
  sapply(1:waves, function(t) sapply(1:sites, function(s) {
    e <- matrix(0, sites, waves); e[s, t] <- 1
    statistic(e, order)
  }))
}
p_value <- function(all_weights, observed, y) {
  size <- abs(sapply(all_weights, function(w) sum(w * y)))
  mean(size >= abs(sum(observed * y)) - 1e-9)
}
test <- function(statistic, y, start, orders, level = 0.95) {
  # a site's weight depends on its start only: take it from the observed order
  observed <- weights_of(statistic, start, nrow(y), ncol(y))
  by_start <- observed[match(unique(start), start), , drop = FALSE]
  all_weights <- lapply(orders, function(o) by_start[match(o, unique(start)), , drop = FALSE])
  exposure <- outer(start, 1:ncol(y), "<=") * 1
  kept <- function(r) p_value(all_weights, observed, y - r * exposure) > 1 - level + 1e-12
  value <- sum(observed * y)
  end <- function(sign) {
    inner <- 0; outer <- 64
    if (kept(value + sign * outer)) return(NA)
    while (outer - inner > 1e-9) {
      middle <- (inner + outer) / 2
      if (kept(value + sign * middle)) inner <- middle else outer <- middle
    }
    value + sign * inner
  }
  c(estimate = statistic(y, start), p = p_value(all_weights, observed, y), low = end(-1), high = end(1))
}
orders <- deal(start)
use <- cells(start, ncol(y))
numbers <- function(x) paste0("[", paste(ifelse(is.na(x), "null", formatC(x, digits = 15, format = "g", width = -1)), collapse = ", "), "]")
line <- function(name, x) sprintf('  "%s": %s', name, numbers(x))
cat("{\n", paste(c(
  '  "source": "R 4.2, base R only: tests/stats/stepped_cases.R"',
  sprintf('  "means": [%s]', paste(apply(y, 1, numbers), collapse = ", ")),
  sprintf('  "starts": %s', numbers(ifelse(is.finite(start), start - 1, NA))),
  line("cell_start", use$g - 1), line("cell_wave", use$t - 1),
  line("cell_att", mapply(function(g, t) did(y, start, g, t), use$g, use$t)),
  line("orders", length(orders)),
  line("overall", test(att, y, start, orders)),
  line("since_0", test(function(y, s) att(y, s, 0), y, start, orders)),
  line("since_1", test(function(y, s) att(y, s, 1), y, start, orders)),
  line("since_2", test(function(y, s) att(y, s, 2), y, start, orders)),
  line("within", test(within, y, start, orders))
), collapse = ",\n"), "\n}\n", sep = "")
