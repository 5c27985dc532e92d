# relocatable.m4: an installed tree that may be moved, such as the one inside a wheel.
# SPDX-License-Identifier: Apache-2.0

# FC_RELOCATABLE: --enable-relocatable.  The library finds its plugins and data from the folder that it was loaded from
# (core/plugin/installed.c); program and plugins find the library by paths that begin with $ORIGIN.
AC_DEFUN([FC_RELOCATABLE], [
  AC_ARG_ENABLE([relocatable],
    [AS_HELP_STRING([--enable-relocatable], [find plugins and presets relative to the library, so that the installed tree can be moved])],
    [], [enable_relocatable=no])
  RELOCATABLE_LDFLAGS=
  AS_IF([test "x$enable_relocatable" = xyes], [
    fc_prefix=$prefix
    test "x$fc_prefix" != xNONE || fc_prefix=$ac_default_prefix
    fc_libdir=`prefix=$fc_prefix; exec_prefix=$exec_prefix; test "x$exec_prefix" != xNONE || exec_prefix=$fc_prefix; eval "echo \"$libdir\""`
    AS_CASE([$fc_libdir], ["$fc_prefix/lib"], [],
      [AC_MSG_ERROR([--enable-relocatable needs --libdir=PREFIX/lib, because the program looks for the library in ../lib])])
    AC_DEFINE_UNQUOTED([FC_BUILT_PREFIX], ["$fc_prefix"], [The prefix of an installed tree that can be moved.])
    RELOCATABLE_LDFLAGS='-Wl,-rpath,\$$ORIGIN/../lib -Wl,-rpath,\$$ORIGIN/../..'])
  AC_SUBST([RELOCATABLE_LDFLAGS])
])
