# tests/need.sh: what scripts read first that cannot run in every configuration.
# SPDX-License-Identifier: Apache-2.0

# skip REASON...: the test says why it does not run.
skip () { echo "skipped: $*"; exit 77; }

# need PLUGIN...: each must have been built; a folder may hold one from before it was left out.
need ()
{
  for plugin; do
    case " ${FMTCONV_BUILT-plugins/$plugin.la} " in
      *" plugins/$plugin.la "*) ;;
      *) skip "the plugin '$plugin' was left out" ;;
    esac
  done
}

# need_modules: plugins must have been built as modules.
need_modules ()
{
  # make joins the names of no plugin with spaces.
  case ${FMTCONV_MODULES-unknown} in *[!\ ]*) ;; *) skip "no plugin was built as a module" ;; esac
}

# need_command COMMAND...: each must be installed.
need_command ()
{
  for command; do
    command -v "$command" >/dev/null 2>&1 || skip "there is no '$command'"
  done
}
