# What R says of the samples in a file: three lines a case, which are alpha, the base's samples and the head's.
# Answers with one line a case, the numbers in the order of `answer` below; NA: there is no such number.
samples <- function(line) as.numeric(strsplit(line, " ", fixed = TRUE)[[1]])

# An interval from the k-th to the k-th last value. R itself gives the widest one where none reaches the confidence.
between <- function(values, k, outside, alpha) {
    if (k == 0 || outside > alpha) return(c(NA, NA, NA))
    values <- sort(values)
    c(values[k], values[length(values) + 1 - k], 1 - outside)
}

sign_test <- function(base, head, alpha) {
    if (length(base) != length(head)) return(rep(NA, 5))
    n <- length(base)
    different <- sum(head != base)
    p <- if (different == 0) 1 else binom.test(sum(head > base), different)$p.value
    k <- qbinom(alpha / 2, n, 0.5)
    c(p, exp(median(log(head / base))), between(head / base, k, 2 * pbinom(k - 1, n, 0.5), alpha))
}

# R's own interval is exact without ties; with them, the same order statistics are taken by hand.
exact_interval <- function(base, head, alpha) {
    k <- max(1, qwilcox(alpha / 2, length(head), length(base)))
    outside <- 2 * pwilcox(k - 1, length(head), length(base))
    differences <- as.vector(outer(log(head), log(base), `-`))
    if (anyDuplicated(c(base, head))) return(c(median(differences), between(differences, k, outside, alpha)))
    r <- wilcox.test(log(head), log(base), exact = TRUE, conf.int = TRUE, conf.level = 1 - alpha)
    if (outside > alpha) return(c(r$estimate, NA, NA, NA))
    c(r$estimate, r$conf.int, 1 - outside)
}

# R finds these bounds by root finding, where a step function jumps; its estimate is less exact than a median. Where
# there are ties it narrows the interval for them, and ours does not: by hand then.
normal_interval <- function(base, head, alpha) {
    differences <- as.vector(outer(log(head), log(base), `-`))
    pairs <- length(differences)
    sigma <- sqrt(pairs / 12 * (length(head) + length(base) + 1))
    outside <- function(k) 2 * pnorm((k - 0.5 - pairs / 2) / sigma)
    if (anyDuplicated(c(base, head))) {
        k <- floor(pairs / 2 + 0.5 + qnorm(alpha / 2) * sigma)
        return(c(median(differences), between(differences, k, outside(k), alpha)))
    }
    r <- wilcox.test(log(head), log(base), exact = FALSE, conf.int = TRUE, conf.level = 1 - alpha, tol.root = 1e-13)
    k <- sum(differences < r$conf.int[1] - 1e-9) + 1
    c(median(differences), r$conf.int, 1 - outside(k))
}

# Each sample is a session. R's t test needs two different ones on some side.
classic_t <- function(base, head, alpha) {
    if (length(base) + length(head) < 3) return(rep(NA, 4))
    if (length(unique(base)) < 2 && length(unique(head)) < 2) return(rep(NA, 4))
    r <- t.test(log(head), log(base), var.equal = TRUE, conf.level = 1 - alpha)
    c(exp(r$estimate[1] - r$estimate[2]), r$p.value, exp(r$conf.int))
}

# Sessions that also say how uncertain they are: the i-th of each side has a variance of i / 10,000 with 3 degrees of
# freedom, and all of a side share a variance of 0.0002.
moderated_t <- function(base, head, alpha) {
    n <- length(base)
    m <- length(head)
    prior <- min(3 * (n + m), 20)
    own <- n + m - 2
    within <- (sum(seq_len(n)) + sum(seq_len(m))) / 10000 / (n + m)
    squares <- function(x) sum((log(x) - mean(log(x)))^2)
    variance <- (prior * within + squares(base) + squares(head)) / (prior + own)
    error <- sqrt(variance * (1 / n + 1 / m) + 0.0002)
    difference <- mean(log(head)) - mean(log(base))
    reach <- qt(1 - alpha / 2, prior + own) * error
    c(exp(difference), 2 * pt(-abs(difference) / error, prior + own), exp(difference - reach), exp(difference + reach))
}

pseudo_median <- function(x) {
    sums <- outer(x, x, `+`)
    median(sums[upper.tri(sums, diag = TRUE)] / 2)
}

answer <- function(base, head, alpha) {
    w <- wilcox.test(head, base, correct = TRUE)
    exact <- length(base) < 50 && length(head) < 50
    interval <- if (exact) exact_interval(base, head, alpha) else normal_interval(base, head, alpha)
    c(median(head), mad(head),
      w$statistic, w$p.value, grepl("exact", w$method), exp(interval[1:3]), interval[4],
      sign_test(base, head, alpha), pseudo_median(head), classic_t(base, head, alpha),
      moderated_t(base, head, alpha))
}

options(warn = -1)  # that ties have no exact p, and that few samples do not reach the confidence
lines <- readLines(commandArgs(TRUE)[1])
for (i in seq(1, length(lines), 3)) {
    numbers <- answer(samples(lines[i + 1]), samples(lines[i + 2]), as.numeric(lines[i]))
    cat(sprintf("%.17g", numbers), "\n")
}
