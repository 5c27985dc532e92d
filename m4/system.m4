# m4/system.m4: the calls of the operating system and the C library that core/base/os-*.c has fallbacks for.
# SPDX-License-Identifier: Apache-2.0

# FC_SYSTEM_CALLS: looks for each.  None is needed; FC_SYSTEM_SUMMARY says what is weaker without it.
# To build as if one were missing: ac_cv_func_renameat2=no, ac_cv_have_decl_SYS_openat2=no … (tests/build/posix.sh).
AC_DEFUN([FC_SYSTEM_CALLS], [
  AC_CHECK_HEADERS([linux/audit.h linux/filter.h linux/landlock.h linux/openat2.h linux/ptrace.h linux/seccomp.h sys/auxv.h sys/random.h sys/vfs.h sys/xattr.h xlocale.h])
  AC_CHECK_FUNCS([copy_file_range fallocate flistxattr flock getauxval getentropy getrandom issetugid memmem mkostemp \
    posix_fadvise pthread_condattr_setclock renameat2 renameatx_np sched_getaffinity uselocale])
  AC_CHECK_DECLS([SYS_landlock_create_ruleset, SYS_openat2, SYS_renameat2, SYS_seccomp], [], [], [[#include <sys/syscall.h>]])
  AC_CHECK_DECLS([O_PATH, O_SEARCH, O_TMPFILE, O_RESOLVE_BENEATH, F_RDADVISE, F_PREALLOCATE], [], [], [[#include <fcntl.h>]])
  AC_CHECK_DECLS([ENOTCAPABLE], [], [], [[#include <errno.h>]])
  AC_CHECK_DECLS([AT_SECURE], [], [], [[#include <sys/auxv.h>]])
  AC_CHECK_DECLS([GRND_NONBLOCK], [], [], [[#include <sys/random.h>]])
  AC_CHECK_DECLS([_SC_NPROCESSORS_ONLN], [], [], [[#include <unistd.h>]])
  AC_CHECK_DECLS([strtod_l], [], [], [[#include <stdlib.h>
#ifdef HAVE_XLOCALE_H
#include <xlocale.h>
#endif
]])
  AC_CHECK_MEMBERS([struct stat.st_mtim, struct stat.st_mtimespec], [], [], [[#include <sys/stat.h>]])
  AC_FUNC_STRERROR_R

  fc_weaker=
  AS_CASE([$ac_cv_header_linux_openat2_h$ac_cv_have_decl_SYS_openat2], [yesyes], [],
    [AS_CASE([$ac_cv_have_decl_O_RESOLVE_BENEATH], [yes], [], [FC_WEAKER([openat2], [links in input folders are followed one by one])])])
  AS_CASE([$ac_cv_func_renameat2$ac_cv_have_decl_SYS_renameat2$ac_cv_func_renameatx_np], [*yes*], [],
    [FC_WEAKER([renameat2], [outputs are renamed by hard links])])
  AS_CASE([$ac_cv_func_copy_file_range], [yes], [],
    [FC_WEAKER([copy_file_range], [unchanged tensors are copied through memory])])
  AS_CASE([$ac_cv_func_fallocate$ac_cv_have_decl_F_PREALLOCATE], [*yes*], [],
    [FC_WEAKER([fallocate], [disk space is not reserved before the work])])
  AS_CASE([$ac_cv_func_flock], [yes], [],
    [FC_WEAKER([flock], [two runs that write one output at once are only noticed at the end])])
  AS_CASE([$ac_cv_func_flistxattr$ac_cv_header_sys_xattr_h], [yesyes], [],
    [FC_WEAKER([flistxattr], [files of an existing folder are replaced one by one])])
  AS_CASE([$ac_cv_func_pthread_condattr_setclock], [yes], [],
    [FC_WEAKER([pthread_condattr_setclock], [progress waits when the clock is set back])])
  AS_CASE([$ac_cv_header_linux_audit_h$ac_cv_header_linux_filter_h$ac_cv_header_linux_seccomp_h$ac_cv_have_decl_SYS_seccomp],
    [yesyesyesyes], [], [FC_WEAKER([seccomp], [the program keeps the right to start programs and to use the network])])
  AS_CASE([$ac_cv_header_linux_landlock_h$ac_cv_have_decl_SYS_landlock_create_ruleset], [yesyes], [],
    [FC_WEAKER([landlock], [the program keeps the right to change files other than its outputs])])
  AS_CASE([$ac_cv_func_uselocale], [yes], [],
    [FC_WEAKER([uselocale], [numbers are printed in the application's locale])])
  AS_CASE([$ac_cv_have_decl_strtod_l$ac_cv_func_uselocale], [*yes*], [],
    [FC_WEAKER([strtod_l], [numbers are parsed in the application's locale])])
])

# FC_WEAKER([call], [what happens without it])
AC_DEFUN([FC_WEAKER], [AS_VAR_APPEND([fc_weaker], ["
  without    $1: $2"])])

# FC_SYSTEM_SUMMARY: what this system lacks.
AC_DEFUN([FC_SYSTEM_SUMMARY], [AS_IF([test "x$fc_weaker" != x], [AS_ECHO(["${fc_weaker#?}"])])])
