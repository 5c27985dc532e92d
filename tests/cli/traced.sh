# tests/cli/traced.sh: what tests of killed processes need: run_test NAME.  Sourced, with the folder of this file in $here.
# SPDX-License-Identifier: Apache-2.0
python=${FMTCONV_PYTHON:-python3}
: "${KILLED:=$PWD/tests/cli/killed}" "${WITHOUT:=$PWD/tests/cli/without}"
export KILLED WITHOUT
. "$here/../need.sh"

# run_test NAME: runs NAME.py, or says why it cannot.
run_test ()
{
  need_command "$python"
  "$KILLED" 1 true >/dev/null || skip "processes cannot be traced here"
  # Leaks cannot be looked for in a traced process.
  ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
  export ASAN_OPTIONS
  PYTHONDONTWRITEBYTECODE=1 exec "$python" "$here/$1.py" -v
}
