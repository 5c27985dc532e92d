#!/bin/sh
# tests/sanitized.sh TEST...: runs a test, which fails if a sanitizer says anything in any process of it.
# SPDX-License-Identifier: Apache-2.0
#
# The exit status alone does not tell: a test may expect the program to fail, and Criterion's children end after
# their result is known.
logs=$(mktemp -d) || exit 99
trap 'rm -rf "$logs"' EXIT
# The logs decide: a status of LeakSanitizer would stand in the place of Criterion's.  With gcc, the sanitizer of
# undefined behavior writes no log beside another one; it ends the process with a status that no test expects.
# Freed memory stays in quarantine, and would count as the program's where a test reads its peak.
ASAN_OPTIONS=log_path=$logs/asan:exitcode=0:quarantine_size_mb=8${ASAN_OPTIONS:+:$ASAN_OPTIONS}
TSAN_OPTIONS=log_path=$logs/tsan${TSAN_OPTIONS:+:$TSAN_OPTIONS}
UBSAN_OPTIONS=log_path=$logs/ubsan:print_stacktrace=1:exitcode=86${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}
export ASAN_OPTIONS TSAN_OPTIONS UBSAN_OPTIONS

# The paragraphs of a log, but for what Criterion itself allocated and leaks (2.4.1: its timer of a test with a
# time limit).  A suppression of LeakSanitizer would hide every leak of a test, because Criterion calls them all.
ours ()
{
  awk 'BEGIN { RS = ""; ORS = "\n\n" }
    /LeakSanitizer: detected memory leaks/ || /^SUMMARY: .* leaked in / { next }
    /^(Direct|Indirect) leak of / && /\n *#1 [^\n]*libcriterion\.so/ { next }
    { print }' "$1"
}

"$@"
status=$?
for log in "$logs"/*; do
  test -f "$log" || continue
  test -n "$(ours "$log")" || continue
  echo "$1: a sanitizer says:"
  cat "$log"
  status=1
done
exit $status
