# tests/invalid/prelude.sh: what the scripts share that run the program on the cases of a generator; to be sourced.
# SPDX-License-Identifier: Apache-2.0
#
# Needs here, this folder; generator, the script that writes the cases; and plugins, those that it is about.  Sets work, a folder that goes at the end, with
# the cases in work/cases; limit, what limits the time of a command; and tests and failures, two counts.
. "$here/../need.sh"
python=${FMTCONV_PYTHON:-python3}
# shellcheck disable=SC2086 # names
need $plugins
need_command "$python"
: "${FMTCONV:?the program to test}"

work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-cases.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
PYTHONDONTWRITEBYTECODE=1 "$python" "$here/$generator" "$work/cases" || exit 99
mkdir "$work/out"
control=$(printf '[\001-\010\013-\037\177]')
# A sanitizer reserves more addresses than there are, and is slow.
real=$(dirname "$FMTCONV")/.libs/$(basename "$FMTCONV")
[ -e "$real" ] || real=$FMTCONV
sanitized=
if grep -qE "__(asan|tsan)_init" "$real"; then sanitized=yes; fi
# shellcheck disable=SC3045 # dash and bash know -v
[ -n "$sanitized" ] || ulimit -v 1048576
limit=
command -v timeout >/dev/null && limit='timeout 60'
tests=0
failures=0

# fail NAME WHAT: one case went wrong; what was said follows.
fail ()
{
  failures=$((failures + 1))
  echo "FAIL $1: $2"
  printf '%s\n' "$said" | head -n 5 | sed 's/^/    /'
}

# check_said NAME STATUS FRAGMENT GOT: status and text of the last run, which is $said.  FRAGMENT: with ! in front, it must not
# be said.  Returns whether there was an error, which is then to be looked at.
check_said ()
{
  tests=$((tests + 1))
  [ "$4" = "$2" ] || fail "$1" "exit status $4, not $2"
  case $3 in
    !*) case $said in *"${3#!}"*) fail "$1" "says '${3#!}'" ;; esac ;;
    *) case $said in *"$3"*) ;; *) fail "$1" "does not say '$3'" ;; esac ;;
  esac
  case $said in *$control*) fail "$1" "shows a control character" ;; esac
  [ "$4" != 0 ] || return 1
  case $said in *" (hint: "*) ;; *) fail "$1" "does not say what to do" ;; esac
}
