#!/bin/sh
# tests/cli/run.sh [--refresh] [NAME]...: what the program prints, compared with what it should print.
# SPDX-License-Identifier: Apache-2.0
#
# Each cases/NAME.sh runs in a folder of its own with prelude.sh read before; NAME.out and NAME.err there hold
# what must come out, with times, sizes in memory and paths made equal.  --refresh writes them anew: look at the
# difference before it is kept.
here=$(cd "$(dirname "$0")" && pwd)
sample=$here/../data/ckpts_2b_lora
: "${FMTCONV:?the program to test}" "${FMTCONV_PLUGIN_PATH:?its plugins}"
. "$here/../need.sh"
# What the cases use.  Only these are seen by them: the lists that they print do not change with a new plugin.
plugins="cast cogvideox-lora cogvideox-pipeline cogvideox-transformer cogvideox-vae dequantize diffusers drop ema fuse gguf
  lora-merge map merge prefix quantize qweight rename reshape safetensors sat select split t5-encoder torch transpose untie"
# shellcheck disable=SC2086 # a list of names
need $plugins
need_modules # tests/build/standalone.sh compares a program with plugins inside
refresh=
[ "$1" = --refresh ] && { refresh=1; shift; }

umask 022 # plugins and presets that everyone may write to are refused
work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-cli.XXXXXX") || exit 99
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/plugins"
for plugin in $plugins; do
  if test -f "$FMTCONV_PLUGIN_PATH/$plugin.so"; then ln -s "$FMTCONV_PLUGIN_PATH/$plugin.so" "$work/plugins/$plugin.so"; fi
done
FMTCONV_PLUGIN_PATH=$work/plugins
# shellcheck disable=SC2086 # a list of names
sh "$here/../../plugins/index.sh" 'PACKAGE-%s' $plugins >"$work/plugins/fmtconv.yaml" || exit 99
unset FMTCONV_INDEX_PATH
printf '#!/bin/sh\nexec "%s" "$@"\n' "$FMTCONV" >"$work/bin/fmtconv"
chmod +x "$work/bin/fmtconv"
PATH=$work/bin:$PATH
LC_ALL=C.UTF-8
XDG_CONFIG_HOME=$work/config
: "${FMTCONV_MODEL_PATH=$(cd "$here/../../models" && pwd)}"
: "${FMTCONV_PIPELINE_PATH=$(cd "$here/../../pipelines" && pwd)}"
unset NO_COLOR TERM
export PATH LC_ALL XDG_CONFIG_HOME FMTCONV_MODEL_PATH FMTCONV_PIPELINE_PATH

# What differs from run to run and from machine to machine.
equalize ()
{
  sed -e '/^Report bugs to: /d; /^Home page: /d; /: the new file does not have the access lists /d' -e "s|$FMTCONV_PLUGIN_PATH|PLUGINS|g" -e "s|$FMTCONV_MODEL_PATH|MODELS|g" -e "s|$FMTCONV_PIPELINE_PATH|PIPELINES|g" -e "s|$work|WORK|g" \
    -e 's|^  [0-9.]* s, [0-9.]* [KMGTi]*B/s, peak memory [0-9.]* [KMGTi]*B$|  TIME, RATE, peak memory SIZE|' \
    -e 's|at most [0-9.]* [KMGTi]*B of scratch, [0-9.]* [KMGTi]*B for|at most SIZE of scratch, SIZE for|' \
    -e 's|at most [0-9.]* [KMGTi]*B for parsing|at most SIZE for parsing|' \
    -E -e 's/"(bound|catalogue|models|unit|parse|parse_limit|peak)":[0-9]+/"\1":N/g' \
    -e 's/"(seconds|plan_seconds)":[0-9.e-]+/"\1":S/g' \
    -e 's|# A conversion by fmtconv [^;]*;|# A conversion by fmtconv VERSION;|' \
    -e "s|^fmtconv $(fmtconv --version | sed -n '1s/fmtconv //p')\$|fmtconv VERSION|" -e 's/[ \t]*$//'
}

# Plugins in the folder that is compiled in are always found: where there are some, none cannot be had.
installed ()
{
  ls "${FMTCONV_INSTALLED:-/nowhere}"/*.so >/dev/null 2>&1
}

tests=0
failures=0
# shellcheck disable=SC2046 # a list of names
[ $# -gt 0 ] || set -- $(cd "$here/cases" && ls -- *.sh | sed 's/\.sh$//')
for name; do
  if [ "$name" = no-plugins ] && installed; then
    echo "skipped $name: plugins are installed in $FMTCONV_INSTALLED"
    continue
  fi
  tests=$((tests + 1))
  case=$here/cases/$name
  mkdir "$work/now" && cp -r "$sample" "$work/now/ckpt" && chmod -R u+w "$work/now" || exit 99
  (cd "$work/now" && sh -c '. "$1"; . "$2"' run "$here/prelude.sh" "$case.sh") >"$work/out.raw" 2>"$work/err.raw" </dev/null
  for stream in out err; do
    equalize <"$work/$stream.raw" >"$work/$stream"
    if [ "$refresh" ]; then
      cp "$work/$stream" "$case.$stream"
    elif ! diff -u "$case.$stream" "$work/$stream"; then
      echo "FAIL $name: $stream"
      failures=$((failures + 1))
    fi
  done
  rm -rf "$work/now"
done
echo "$tests cases, $failures differences"
[ "$failures" = 0 ]
