/* cli/sandbox-files.c: Landlock rules that leave the process only its outputs to change.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reading is not limited: inputs are links into caches elsewhere, and plugins, models, locales and /proc are read from
 * many places, also late.  Facts: Linux, Documentation/userspace-api/landlock.rst. */
#include "config.h"

#include "cli.h"
#include "sandbox.h"
#include <stdint.h>
#include <stdlib.h>
#if defined HAVE_LINUX_LANDLOCK_H && HAVE_DECL_SYS_LANDLOCK_CREATE_RULESET && HAVE_DECL_O_PATH
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights by the version of Landlock that knows them; older headers lack the later ones. */
enum
{
  MIN_VERSION = 2, /* before it, no file could be linked or moved from folder to folder, which -f needs */
  REFER = 1 << 13,
  TRUNCATE = 1 << 14 /* version 3 */
};

enum
{
  EXECUTE = LANDLOCK_ACCESS_FS_EXECUTE,
  FILES = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE,
  /* A link of others is kept by a second name (exchange). */
  OUTPUTS = FILES | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_SYM
            | REFER,
  OTHERS = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO
           | LANDLOCK_ACCESS_FS_MAKE_BLOCK
};

/* struct landlock_ruleset_attr of version 6, of which older kernels take the zeroes. */
typedef struct rules
{
  uint64_t files, network, scopes;
} rules;

#if SANDBOX_IS_INSTRUMENTED
static const bool writes_elsewhere = true;
#else
/* A program that counts its lines for a profiler writes the counts at its end, to the folder where it was built. */
extern void __gcov_exit (void) __attribute__ ((weak));
extern int __llvm_profile_runtime __attribute__ ((weak));
#define writes_elsewhere (__gcov_exit != NULL || &__llvm_profile_runtime != NULL)
#endif

static long
version (void)
{
  return syscall (SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/* Allows changes of files below a folder, if it exists. */
static bool
allow (int set, const char *folder, uint64_t rights)
{
  struct landlock_path_beneath_attr rule = { .allowed_access = rights };
  rule.parent_fd = open (folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (rule.parent_fd < 0)
    return true; /* the conversion says why it cannot be opened */
  const bool done = syscall (SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
  close (rule.parent_fd);
  return done;
}

/* The folder of temporary files, as the library chooses it: large compressed members are unpacked there. */
static bool
allow_scratch (int set, uint64_t more)
{
  const char *named = getenv ("TMPDIR");
  return allow (set, named && *named ? named : "/tmp", FILES | more);
}

bool
sandbox_files (const char *const *folders, size_t n)
{
  const long has = version ();
  if (has < MIN_VERSION || writes_elsewhere)
    return false;
  const uint64_t truncate = has >= 3 ? TRUNCATE : 0;
  const rules all = { .files = EXECUTE | OUTPUTS | OTHERS | truncate,
                      .network = has >= 4 ? 3 : 0,
                      .scopes = has >= 6 ? 3 : 0 };
  const int set = (int) syscall (SYS_landlock_create_ruleset, &all, sizeof all, 0);
  bool done = set >= 0 && allow_scratch (set, truncate);
  for (size_t i = 0; done && i < n; i++)
    done = allow (set, folders[i], OUTPUTS | truncate);
  done = done && prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
         && syscall (SYS_landlock_restrict_self, set, 0) == 0;
  if (set >= 0)
    close (set);
  return done;
}

const char *
sandbox_files_text (char *buffer, size_t size)
{
  const long has = version ();
  if (has < MIN_VERSION || writes_elsewhere)
    return "no";
  snprintf (buffer, size, "yes (Landlock %ld)", has);
  return buffer;
}
#else
bool
sandbox_files (const char *const *folders, size_t n)
{
  (void) folders, (void) n;
  return false;
}

const char *
sandbox_files_text (char *buffer, size_t size)
{
  (void) buffer, (void) size;
  return "no";
}
#endif
