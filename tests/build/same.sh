# tests/build/same.sh: compares two programs by the commands of tests/cli/cases; to be sourced after lib.sh.
# SPDX-License-Identifier: Apache-2.0

# same_cases NORMAL PLUGINS OTHER: both programs print the same and write the same bytes in every case, but for where a plugin
# is.  NORMAL finds its modules in the folder PLUGINS, OTHER contains them and runs with nothing but itself.
same_cases ()
{
  normal=$1 plugins=$work/modules other=$3
  # Without those that are modules only.
  mkdir "$plugins"
  ln -s "$2"/* "$plugins"
  for name in $(sh "$top/packaging/plugins.sh" asked); do rm -f "$plugins/$name.so" "$plugins/$name.la"; done
  n=0
  files=0
  for case in "$top"/tests/cli/cases/*.sh; do
    case $(basename "$case" .sh) in
      no-models | no-plugins | plugins | plugins-json | rules-among-specs) continue ;; # lists, and where they come from
    esac
    run_case "$normal" "$plugins" "$work/normal"
    run_case "$other" '' "$work/other"
    for stream in out err; do
      diff -u "$work/normal.$stream" "$work/other.$stream" || fail "$case: $stream differs"
    done
    diff -r "$work/normal.now" "$work/other.now" || fail "$case: files differ"
    n=$((n + 1))
    files=$((files + $(find "$work/normal.now" -type f | wc -l)))
  done
  test "$n" -gt 30 || fail "only $n cases"
}

# run_case PROGRAM PLUGINS NAME: runs $case; what it printed is NAME.out and NAME.err, what it left NAME.now.
run_case ()
{
  chmod -R u+w "$work/now" "$3.now" 2>/dev/null || :
  rm -rf "$work/now" "$3.now" "${work:?}/bin"
  mkdir "$work/now" "$work/bin"
  cp -r "$top/tests/data/ckpts_2b_lora" "$work/now/ckpt"
  chmod -R u+w "$work/now"
  ln -s "$1" "$work/bin/fmtconv"
  presets='' models=''
  test -z "$2" || { presets=$top/pipelines; models=$top/models; }
  (cd "$work/now" && env -i HOME="$work" PATH="$work/bin:$PATH" LC_ALL=C.UTF-8 XDG_CONFIG_HOME="$work/config" \
    FMTCONV_PLUGIN_PATH="$2" FMTCONV_PIPELINE_PATH="$presets" FMTCONV_MODEL_PATH="$models" \
    sh -c '. "$1"; . "$2"' run "$top/tests/cli/prelude.sh" "$case") >"$3.out" 2>"$3.err" </dev/null
  for stream in out err; do
    sed -e "s|  file    $plugins/.*\.so\$|  file    built into fmtconv|" -e "s#$top/\(pipelines\|models\)/\([a-z0-9-]*\)\.yaml#\2 (built in)#g" \
      -e 's|  file    \([a-z0-9-]* (built in)\)$|  file    built into fmtconv|' \
      -e 's|^  [0-9.]* s, [0-9.]* [KMGTi]*B/s, peak memory [0-9.]* [KMGTi]*B$|  TIME|' \
      -e 's|at most [0-9.]* [KMGTi]*B of scratch, [0-9.]* [KMGTi]*B for|at most SIZE|' \
      -e 's|at most [0-9.]* [KMGTi]*B for parsing|at most SIZE for parsing|' \
      -E -e 's/"(bound|catalogue|models|unit|parse|parse_limit|peak)":[0-9]+/"\1":N/g' -e 's/"(seconds|plan_seconds)":[0-9.e-]+/"\1":S/g' \
      "$3.$stream" >"$3.same"
    mv "$3.same" "$3.$stream"
  done
  mv "$work/now" "$3.now"
}
