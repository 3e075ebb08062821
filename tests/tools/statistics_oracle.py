#!/usr/bin/env python3
"""Prints the numbers of statistics that tests compare with, from independent implementations.

    pip install scipy statsmodels lifelines && tests/tools/statistics_oracle.py
"""

from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test
from lifelines.utils import median_survival_times
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest


def say(name, *values):
    print(f"{name:44}", *(f"{value:.17g}" for value in values))


for z in (0.1, 1.959963984540054, 5.0, 11.056):
    say(f"normal two-sided {z}", 2 * stats.norm.sf(z))
for statistic, degrees in ((0.5, 1), (3.841458820694124, 1), (122.249126, 1), (7.0, 3), (400.0, 12)):
    say(f"chi-square upper {statistic} {degrees}", stats.chi2.sf(statistic, degrees))
for t, degrees in ((0.3, 4.5), (2.0, 10.0), (12.0, 30.0), (1.96, 1e6)):
    say(f"student two-sided {t} {degrees}", 2 * stats.t.sf(t, degrees))
for confidence, degrees in ((0.95, 1.0), (0.95, 9.3), (0.99, 60.0), (0.5, 2.5)):
    say(f"student within {confidence} {degrees}", stats.t.ppf(0.5 + confidence / 2, degrees))

# Student's own sleep data, extra hours under two drugs (Biometrika 6, 1908).
first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
welch = stats.ttest_ind(first, second, equal_var=False)
say("welch sleep t, df, p", welch.statistic, welch.df, welch.pvalue)
say("welch sleep interval", *welch.confidence_interval(0.95))
say("welch unequal", *stats.ttest_ind([1, 2, 3, 4], [10, 30], equal_var=False)[:2])

say("newcombe 56/70 48/80", *confint_proportions_2indep(56, 70, 48, 80, method="newcomb"))
say("two_prop 56/70 48/80", *proportions_ztest([56, 48], [70, 80]))
say("chi2 5040 4960", stats.chisquare([5040, 4960]).pvalue)
say("chi2 90 5 5, 80 10 10", stats.chisquare([90, 5, 5], [80, 10, 10]).pvalue)
p_values = [0.01, 0.04, 0.03, 0.005, 0.03, 0.9]
say(f"benjamini hochberg {p_values}", *multipletests(p_values, method="fdr_bh")[1])

durations, observed, groups = [], [], []
for group, ends, seen in (
    ("a", [3, 5, 5, 8, 12, 13], [4, 9, 20]),
    ("b", [1, 2, 2, 3, 7, 9], [6, 10]),
    ("c", [6, 11, 15, 18], [5, 16, 19, 21]),
):
    durations += ends + seen
    observed += [1] * len(ends) + [0] * len(seen)
    groups += [group] * (len(ends) + len(seen))
test = multivariate_logrank_test(durations, groups, observed)
say("log rank of three groups", test.test_statistic, test.p_value)
fit = KaplanMeierFitter().fit(durations, observed)
say("median of three groups", fit.median_survival_time_)
say("its interval", *median_survival_times(fit.confidence_interval_).iloc[0])
