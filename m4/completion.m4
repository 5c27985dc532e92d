# completion.m4: the folders in which shells look for completions.
# SPDX-License-Identifier: Apache-2.0

# FC_COMPLETION_DIR(SHELL, DESCRIPTION, DEFAULT): the option --with-SHELL-completion-dir, the folder SHELLcompletiondir, and the
# conditional SHELL_COMPLETION.
AC_DEFUN([FC_COMPLETION_DIR], [
  AC_ARG_WITH([$1-completion-dir],
    [AS_HELP_STRING([--with-$1-completion-dir=DIR], [install the completion for $1 there; default: $2])],
    [], [with_$1_completion_dir=yes])
  AS_CASE([$with_$1_completion_dir], [yes], [$1completiondir="$3"], [no], [$1completiondir=],
    [$1completiondir=$with_$1_completion_dir])
  AC_SUBST([$1completiondir])
  AM_CONDITIONAL(m4_toupper([$1])[_COMPLETION], [test "x$with_$1_completion_dir" != xno])
])

# FC_COMPLETION: bash-completion says its folder, which then stays inside of the prefix of this package.
AC_DEFUN([FC_COMPLETION], [
  fc_bash_dir=`$PKG_CONFIG --define-variable=prefix=@P@ --define-variable=datadir=@D@ --variable=completionsdir bash-completion 2>/dev/null |
    $SED -n 's|^@P@/|${prefix}/|p; s|^@D@/|${datadir}/|p'`
  FC_COMPLETION_DIR([bash], [as bash-completion.pc says, or DATADIR/bash-completion/completions],
    [${fc_bash_dir:-\${datadir\}/bash-completion/completions}])
  FC_COMPLETION_DIR([zsh], [DATADIR/zsh/site-functions], [\${datadir}/zsh/site-functions])
  FC_COMPLETION_DIR([fish], [DATADIR/fish/vendor_completions.d], [\${datadir}/fish/vendor_completions.d])
])
