#!/usr/bin/env python3
"""Fits y = a + b n^e to measurements; run as a program, it checks itself on made-up measurements.

The constant a is what a process takes before it looks at its input.  The slope of log y by log n, without it, is too small as long
as a counts; the slope of log (y - y of the smallest n) hangs on the noise of one measurement.  Here a, b and e are those with the
least sum of squared relative errors of all measurements, a and b not negative: a time of 10 ms has the weight of one of 10 s.
"""
# SPDX-License-Identifier: Apache-2.0

import random
import sys

STEPS = (0.1, 0.01, 0.001)  # of the exponent, each around the best of the step before
HIGHEST = 4.0


def constants(points, e):
    """Returns the sum of squared relative errors for an exponent, and the best a and b."""
    # With x = n^e / y and w = 1 / y, the errors are 1 - a w - b x: linear in a and b.
    ww = wx = xx = w1 = x1 = 0.0
    for n, y in points:
        w, x = 1 / y, n**e / y
        ww, wx, xx, w1, x1 = ww + w * w, wx + w * x, xx + x * x, w1 + w, x1 + x
    least = ww * xx - wx * wx
    a, b = ((xx * w1 - wx * x1) / least, (ww * x1 - wx * w1) / least) if least > 1e-12 * ww * xx else (w1 / ww, 0.0)
    if a < 0:
        a, b = 0.0, x1 / xx
    elif b < 0:
        a, b = w1 / ww, 0.0
    return sum((1 - (a + b * n**e) / y) ** 2 for n, y in points), a, b


def exponent(points, grows):
    """Returns e; None: fewer than three points, or b n^e grows by less than `grows`."""
    if len(points) < 3:
        return None
    most = max(n for n, _ in points)
    scaled = [(n / most, y) for n, y in points]
    best, width = HIGHEST / 2, HIGHEST / 2
    for step in STEPS:
        tried = [best + i * step for i in range(-round(width / step), round(width / step) + 1)]
        best = min((e for e in tried if e > step / 2), key=lambda e: constants(scaled, e)[0])
        width = step
    growth = constants(scaled, best)[2] * (1 - min(n for n, _ in scaled) ** best)
    return best if growth >= grows else None


def check():
    """Returns what is wrong with exponents of made-up measurements, whose noise is up to 3 % either way."""
    wrong, chance = [], random.Random(1)
    for e in (0.5, 0.9, 1.0, 1.05, 1.1, 1.3, 2.0):
        for a in (0.0, 0.01, 0.5):
            def at(n, noise, a=a, e=e):
                return (n, (a + 4.0 * (n / 10**6) ** e) * (1 + chance.uniform(-noise, noise)))
            for noise, most in ((0.0, 0.002), (0.03, 0.05))[: 1 + (e < 2)]:  # n^2 is seen at two sizes, next to a constant
                found = exponent([at(10**k, noise) for k in range(2, 7)], 0.02)
                if found is None or abs(found - e) > most:
                    wrong.append(f"n^{e} with the constant {a} and noise {noise}: {found}")
    if exponent([(10**k, 0.5 * (1 + chance.uniform(-0.01, 0.01))) for k in range(2, 7)], 0.02) is not None:
        wrong.append("a constant seems to grow")
    return wrong


if __name__ == "__main__":
    sys.exit("\n".join(check()) or 0)
