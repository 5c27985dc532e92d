# toolchain.m4: warnings, sanitizers, libraries, and what the tests want but a build does not need.
# SPDX-License-Identifier: Apache-2.0

# FC_WARNINGS: the project's warnings; errors only with --enable-werror.
AC_DEFUN([FC_WARNINGS], [
  AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [treat compiler warnings as errors])],
    [], [enable_werror=no])
  WARNING_CFLAGS="-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef -Wformat=2 -Wno-missing-field-initializers"
  AS_IF([test "x$enable_werror" = xyes], [WARNING_CFLAGS="$WARNING_CFLAGS -Werror"])
  AC_SUBST([WARNING_CFLAGS])
])

# FC_SANITIZERS: --enable-sanitizers=address,undefined and the like.
AC_DEFUN([FC_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers], [AS_HELP_STRING([--enable-sanitizers=LIST], [build with -fsanitize=LIST])],
    [], [enable_sanitizers=no])
  AS_CASE([$enable_sanitizers], [no], [SANITIZER_CFLAGS=],
    [yes], [SANITIZER_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"],
    [SANITIZER_CFLAGS="-fsanitize=$enable_sanitizers -fno-sanitize-recover=undefined -fno-omit-frame-pointer"])
  AC_SUBST([SANITIZER_CFLAGS])
  # clang puts the sanitizers' functions into programs only, so its shared libraries have undefined symbols.
  AS_CASE([$enable_sanitizers], [no], [NO_UNDEFINED="-Wl,-z,defs"], [NO_UNDEFINED=])
  AC_SUBST([NO_UNDEFINED])
  AM_CONDITIONAL([SANITIZERS], [test "x$enable_sanitizers" != xno])
])

# FC_LIBRARIES: what the core stands on.
AC_DEFUN([FC_LIBRARIES], [
  PKG_CHECK_MODULES([JANSSON], [jansson >= 2.13])
  PKG_CHECK_MODULES([YAML], [yaml-0.1 >= 0.2])
  PKG_CHECK_MODULES([LIBZIP], [libzip >= 1.7])
  PKG_CHECK_MODULES([ZLIB], [zlib >= 1.2.11])
  AC_CHECK_HEADER([ltdl.h], [], [AC_MSG_ERROR([ltdl.h not found: install libltdl (Debian: libltdl-dev)])])
  AC_CHECK_LIB([ltdl], [lt_dlopenadvise], [LTDL_LIBS=-lltdl],
    [AC_MSG_ERROR([libltdl not found: install libltdl (Debian: libltdl-dev)])])
  AC_SUBST([LTDL_LIBS])
  AC_SEARCH_LIBS([dlopen], [dl])
  AC_SEARCH_LIBS([ilogb], [m])
  AC_SEARCH_LIBS([pthread_create], [pthread])
])

# FC_CRITERION: unit tests are built where Criterion is, and skipped with the reason where it is not.
AC_DEFUN([FC_CRITERION], [
  PKG_CHECK_MODULES([CRITERION], [criterion >= 2.3],
    [fc_criterion_says=yes], [fc_criterion_says="not found: unit tests are skipped"])
  AS_IF([test "x$enable_shared" = xno],
    [fc_criterion_says="unit tests are skipped: they bring the sources of plugins, which are built in here"])
  AM_CONDITIONAL([CRITERION], [test "x$fc_criterion_says" = xyes])
])

# FC_PYTHON_TESTS: the interpreter whose torch, diffusers, peft and safetensors the interop tests use.  These may be installed later.
AC_DEFUN([FC_PYTHON_TESTS], [
  AC_ARG_VAR([FMTCONV_PYTHON], [Python with the reference libraries of tests/interop/requirements.txt])
  AS_IF([test "x$FMTCONV_PYTHON" != x && "$FMTCONV_PYTHON" -c '' 2>/dev/null],
    [fc_python_says="$FMTCONV_PYTHON"],
    [fc_python_says="no FMTCONV_PYTHON: interoperability tests are skipped"])
])
