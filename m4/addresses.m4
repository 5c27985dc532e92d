# m4/addresses.m4: where users of this build report bugs and read about it.
# SPDX-License-Identifier: Apache-2.0

# FC_ADDRESSES: a distribution names its own.  Without them --help names none, and SECURITY.md and the site of the
# repository are what there is.
AC_DEFUN([FC_ADDRESSES], [
  FC_ADDRESS([bug-address], [FC_BUG_ADDRESS], [Where users report bugs, or "".], [mail address or URL where users report bugs; shown by --help])
  FC_ADDRESS([home-page], [FC_HOME_PAGE], [The page about this program, or "".], [URL of the page about this program; shown by --help])
])

# FC_ADDRESS([option], [MACRO], [comment of the macro], [help])
AC_DEFUN([FC_ADDRESS], [
  AC_ARG_WITH([$1], [AS_HELP_STRING([--with-$1=ADDRESS], [$4 [none]])], [], [AS_VAR_SET([with_]m4_translit([$1], [-], [_]), [no])])
  AS_VAR_COPY([fc_address], [with_]m4_translit([$1], [-], [_]))
  AS_CASE([$fc_address], [no], [fc_address=], [yes], [AC_MSG_ERROR([--with-$1 needs an address])],
    [*\"*|*\\*], [AC_MSG_ERROR([--with-$1: an address has neither quotes nor backslashes])])
  AC_DEFINE_UNQUOTED([$2], ["$fc_address"], [$3])
  AC_SUBST([$2], [$fc_address])
])
