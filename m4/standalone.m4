# standalone.m4: plugins built into the program: --enable-standalone, --disable-shared, and how such a program is linked.
# SPDX-License-Identifier: Apache-2.0

# FC_STANDALONE_OPTION: the option, which decides for libtool; before LT_INIT.
AC_DEFUN([FC_STANDALONE_OPTION], [
  AC_ARG_ENABLE([standalone], [AS_HELP_STRING([--enable-standalone@<:@=static|dynamic@:>@],
      [make one program with all plugins and presets inside, and no library; without a value: a static program if all
       libraries have static archives, else one that can load more plugins])],
    [], [enable_standalone=no])
  AS_CASE([$enable_standalone], [yes | static | dynamic], [enable_shared=no enable_static=yes], [no], [],
    [AC_MSG_ERROR([--enable-standalone=$enable_standalone: the value must be 'static' or 'dynamic'])])
])

# FC_BUILTINS: what follows from it; after FC_LIBRARIES and FC_PLUGINS.  Where there is no shared library, plugins cannot
# be modules, because each would bring its own copy of the core: they are built in.
AC_DEFUN([FC_BUILTINS], [
  AM_CONDITIONAL([BUILTIN], [test "x$enable_shared" = xno])
  AM_CONDITIONAL([STANDALONE], [test "x$enable_standalone" != xno])
  fc_plugins_are=modules fc_inside=
  AS_IF([test "x$enable_shared" = xno], [
    fc_plugins_are="built in"
    for fc_name in $fc_plugins; do
      fc_inside="$fc_inside X (`AS_ECHO(["$fc_name"]) | tr - _`)"
    done
    FC_PROGRAM_LIBRARIES
  ], [BUILTIN_CFLAGS= BUILTIN_LIBS=])
  AC_DEFINE_UNQUOTED([FCI_PLUGINS_INSIDE(X)], [$fc_inside], [Expands X for the identifier of each plugin that is built in.])
  AM_CONDITIONAL([MODULES], [test "x$fc_program" != xstatic])
])

# FC_PROGRAM_LIBRARIES: fc_program, static or dynamic; PROGRAM_LDFLAGS; and the libraries by their static archives, where
# they have some.
AC_DEFUN([FC_PROGRAM_LIBRARIES], [
  fc_program=dynamic fc_save_LIBS=$LIBS fc_save_LDFLAGS=$LDFLAGS
  AS_CASE([$enable_standalone], [yes | static], [
    fc_static_libs="`$PKG_CONFIG --static --libs jansson yaml-0.1 libzip zlib` $BUILTIN_STATIC_LIBS"
    AC_MSG_CHECKING([whether the program can be static])
    LDFLAGS="$LDFLAGS -static" LIBS="$fc_static_libs $LIBS"
    AC_LINK_IFELSE([FC_CALL_LIBRARIES], [fc_program=static])
    LIBS=$fc_save_LIBS LDFLAGS=$fc_save_LDFLAGS
    AS_IF([test $fc_program = static], [AC_MSG_RESULT([yes])], [
      FC_WITHOUT_ARCHIVE
      AC_MSG_RESULT([no: $fc_without])])
    AS_IF([test $fc_program.$enable_standalone = dynamic.static],
      [AC_MSG_ERROR([--enable-standalone=static: $fc_without; install it, set PKG_CONFIG_PATH, or see config.log])])])
  AS_IF([test $fc_program = static], [
    JANSSON_LIBS=$fc_static_libs YAML_LIBS= LIBZIP_LIBS= ZLIB_LIBS= LTDL_LIBS= BUILTIN_LIBS=
    PROGRAM_LDFLAGS=-all-static
  ], [
    AS_IF([test "x$enable_standalone" != xno], [FC_PREFER_ARCHIVES])
    FC_EXPORTS])
  AC_SUBST([PROGRAM_LDFLAGS])
])

# FC_CALL_LIBRARIES: a program that calls every library of the core.
m4_define([FC_CALL_LIBRARIES], [AC_LANG_PROGRAM([
#include <jansson.h>
#include <yaml.h>
#include <zip.h>
#include <zlib.h>
], [
  yaml_parser_t parser;
  return json_null () == 0 || !yaml_parser_initialize (&parser) || !zip_open ("", 0, 0) || !zlibVersion ();
])])

# FC_WITHOUT_ARCHIVE: fc_without says which libraries have no static archive.
AC_DEFUN([FC_WITHOUT_ARCHIVE], [
  fc_without=
  for fc_lib in $fc_static_libs; do
    AS_CASE([$fc_lib], [-l*], [
      LDFLAGS="$fc_save_LDFLAGS -static" LIBS="`$PKG_CONFIG --static --libs-only-L jansson yaml-0.1 libzip zlib` $fc_lib"
      AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [], [fc_without="$fc_without ${fc_lib#-l}"])])
  done
  LIBS=$fc_save_LIBS LDFLAGS=$fc_save_LDFLAGS
  AS_IF([test "x$fc_without" != x], [fc_without="there is no static archive of$fc_without"],
    [fc_without="linking with -static failed"])
])

# FC_PREFER_ARCHIVES: the libraries by their archives one by one, so that the program needs few others to run.
AC_DEFUN([FC_PREFER_ARCHIVES], [
  for fc_variable in JANSSON_LIBS YAML_LIBS LIBZIP_LIBS ZLIB_LIBS LTDL_LIBS BUILTIN_LIBS; do
    fc_new=
    eval fc_old=\$$fc_variable
    for fc_lib in $fc_old; do
      AS_CASE([$fc_lib], [-l*], [
        LIBS="`$PKG_CONFIG --libs-only-L jansson yaml-0.1 libzip zlib` -l:lib${fc_lib#-l}.a"
        AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [fc_lib=-Wl,-l:lib${fc_lib#-l}.a])])
      fc_new="$fc_new $fc_lib"
    done
    eval $fc_variable=\$fc_new
  done
  LIBS=$fc_save_LIBS
])

# FC_EXPORTS: the program exports the interface to plugins of others as the library does, and bears the library's soname,
# so that the loader takes the program itself where such a plugin needs libfmtconv-core.
AC_DEFUN([FC_EXPORTS], [
  PROGRAM_LDFLAGS=-export-dynamic
  fc_exports="-Wl,-soname,libfmtconv-core.so.$FC_SONAME -Wl,--version-script=$srcdir/core/fmtconv.map"
  AC_MSG_CHECKING([whether a program can bear the library's soname])
  LDFLAGS="$LDFLAGS -Wl,--export-dynamic $fc_exports"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [
    AC_MSG_RESULT([yes])
    PROGRAM_LDFLAGS="$PROGRAM_LDFLAGS -Wl,-soname,libfmtconv-core.so.$FC_SONAME -Wl,--version-script=\$(top_srcdir)/core/fmtconv.map"
  ], [AC_MSG_RESULT([no: plugins of others are refused])])
  LDFLAGS=$fc_save_LDFLAGS
])
