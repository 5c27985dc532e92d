# arithmetic.m4: what the same bytes on every machine need of a compiler.
# SPDX-License-Identifier: Apache-2.0

# FC_ARITHMETIC: f32 and f64 operations are rounded to their type.  The x87 of i386 computes in 80 bits, so there SSE2 is
# needed, which all processors since 2001 have; a machine without a way to do it is refused.  Nothing is run, so that
# this works for another machine, too.
AC_DEFUN([FC_ARITHMETIC], [
  ARITHMETIC_CFLAGS=
  AC_CACHE_CHECK([for flags that round floats to their type], [fc_cv_arithmetic], [
    fc_cv_arithmetic=no
    fc_cflags=$CFLAGS
    for fc_flags in '' '-msse2 -mfpmath=sse'; do
      CFLAGS="$fc_cflags $fc_flags"
      AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
        #include <float.h>
        #if !defined FLT_EVAL_METHOD || FLT_EVAL_METHOD != 0
        #error "floats have excess precision"
        #endif
        ]])], [fc_cv_arithmetic=${fc_flags:-none}; break])
    done
    CFLAGS=$fc_cflags])
  AS_CASE([$fc_cv_arithmetic],
    [no], [AC_MSG_ERROR([this compiler computes floats with excess precision, so that output would differ from other machines])],
    [none], [],
    [ARITHMETIC_CFLAGS=$fc_cv_arithmetic])
  AC_SUBST([ARITHMETIC_CFLAGS])
])
