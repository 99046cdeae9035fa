# Normed Guttman errors by their definition: every pattern of the scale is made, and the largest number of errors
# with the same total is looked up. Run in this folder: Rscript guttman.R
errors <- function(points, most, rank) {
  steps <- unlist(lapply(points, function(p) c(rep(1, p), rep(0, most - p))))[order(rank)]
  sum(vapply(which(steps == 1), function(i) sum(steps[seq_len(i - 1)] == 0), 0))
}
normed <- function(x, most) {
  popular <- unlist(lapply(seq_len(ncol(x)), function(i) sapply(seq_len(most), function(m) mean(x[, i] >= m))))
  rank <- rank(-popular, ties.method = "first")
  all <- as.matrix(expand.grid(rep(list(0:most), ncol(x))))
  largest <- tapply(apply(all, 1, errors, most, rank), rowSums(all), max)
  found <- apply(x, 1, errors, most, rank)
  possible <- largest[as.character(rowSums(x))]
  ifelse(possible == 0, 0, found / possible)
}
x <- as.matrix(read.csv("responses.csv"))
out <- data.frame(scaleA = normed(x[, 1:5] - 1, 4), scaleJ = normed(x[, 46:50] - 1, 4),
                  two_answers = normed((x[, 1:10] >= 3) * 1, 1))
write.csv(format(out, digits = 15, trim = TRUE), "guttman.csv", row.names = FALSE, quote = FALSE)
