# plugins.m4: --without-NAME for every optional plugin.
# SPDX-License-Identifier: Apache-2.0

# FC_PLUGIN(NAME, DESCRIPTION, [NEEDS]): the option, the conditional PLUGIN_NAME, a line of the summary.
# Without the plugin NEEDS this one is left out too.
AC_DEFUN([FC_PLUGIN], [
  m4_pushdef([fc_id], m4_translit([$1], [-], [_]))
  AC_ARG_WITH([$1], [AS_HELP_STRING([--without-$1], [leave out the plugin '$1': $2])],
    [], [with_[]fc_id=yes])
  m4_ifval([$3], [
    AS_IF([test "x$with_[]fc_id" != xno && test "x$with_[]m4_translit([$3], [-], [_])" = xno],
      [AC_MSG_WARN([the plugin '$1' is left out, because it calls '$3', which is left out])
       with_[]fc_id=no])])
  AM_CONDITIONAL([PLUGIN_]m4_toupper(fc_id), [test "x$with_[]fc_id" != xno])
  AS_IF([test "x$with_[]fc_id" != xno],
    [fc_plugins="$fc_plugins $1"],
    [fc_plugins_left_out="$fc_plugins_left_out $1"])
  m4_popdef([fc_id])
])

# FC_SUMMARY: what configure decided.
AC_DEFUN([FC_SUMMARY], [
  AS_ECHO([])
  AS_ECHO(["$PACKAGE_NAME $PACKAGE_VERSION"])
  AS_ECHO(["  prefix     $prefix"])
  AS_ECHO(["  plugins   $fc_plugins"])
  AS_ECHO(["  left out  ${fc_plugins_left_out:- none}"])
  AS_ECHO(["  werror     $enable_werror"])
  AS_ECHO(["  sanitizers $enable_sanitizers"])
  AS_ECHO(["  criterion  $fc_criterion_says"])
  AS_ECHO(["  interop    $fc_python_says"])
])
