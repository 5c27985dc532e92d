/* tests/unit/os.c: the calls of core/base/os.h with what they wrap, and without; fci_sort.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include "core/base/sort.h"
#include "tests/cli/without.h"
#include "tests/unit/temporary.h"
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

enum
{
  RACERS = 4,
  ROUNDS = 50
};

static char folder_name[TEMPORARY_PATH];

/* Makes a new folder and opens it. */
static int
enter (void)
{
  temporary_folder (folder_name, "os");
  int fd = open (folder_name, O_RDONLY | O_DIRECTORY);
  cr_assert_geq (fd, 0);
  return fd;
}

static void
leave (int folder)
{
  close (folder);
  cr_assert_eq (rmdir (folder_name), 0, "%s is not empty", folder_name);
}

static void
put (int folder, const char *name, const char *text)
{
  int fd = openat (folder, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  cr_assert_eq (write (fd, text, strlen (text)), (ssize_t) strlen (text));
  close (fd);
}

/* Returns whether the file has that text. */
static bool
has (int folder, const char *name, const char *text)
{
  char found[64] = "";
  int fd = openat (folder, name, O_RDONLY);
  ssize_t n = fd >= 0 ? read (fd, found, sizeof found - 1) : -1;
  if (fd >= 0)
    close (fd);
  return n == (ssize_t) strlen (text) && strcmp (found, text) == 0;
}

/* Lacks the calls of the list, or skips the test. */
static void
lack (const char *list)
{
  char copy[128];
  snprintf (copy, sizeof copy, "%s", list);
  for (char *one = strtok (copy, ","); one; one = strtok (NULL, ","))
    {
      const char *why = without (one);
      if (why)
        cr_skip_test ("%s: %s", one, why);
    }
}

/* Renames a file of its own to the common name.  Ends with 1 if it won, 2 if the name existed. */
static void
race (int folder, unsigned racer)
{
  char own[32];
  snprintf (own, sizeof own, "own-%u", racer);
  put (folder, own, own);
  int done = fci_os_rename (folder, own, "common", FCI_RENAME_NOREPLACE);
  if (done != 0 && errno != EEXIST)
    _exit (3);
  if (done == 0 ? !has (folder, "common", own) : !has (folder, own, own))
    _exit (4);
  if (done != 0)
    unlinkat (folder, own, 0);
  _exit (done == 0 ? 1 : 2);
}

static void
check_race (const char *without_these)
{
  int folder = enter ();
  lack (without_these);
  for (unsigned round = 0; round < ROUNDS; round++)
    {
      unsigned won = 0;
      for (unsigned i = 0; i < RACERS; i++)
        if (fork () == 0)
          race (folder, i);
      for (unsigned i = 0; i < RACERS; i++)
        {
          int status;
          wait (&status);
          cr_assert (WIFEXITED (status) && (WEXITSTATUS (status) == 1 || WEXITSTATUS (status) == 2), "%#x",
                     (unsigned) status);
          won += WEXITSTATUS (status) == 1;
        }
      cr_assert_eq (won, 1, "round %u: %u have the name", round, won);
      cr_assert_eq (unlinkat (folder, "common", 0), 0);
    }
  leave (folder);
}

Test (os, rename_never_replaces)
{
  check_race ("");
}

Test (os, rename_by_link_never_replaces)
{
  check_race ("renameat2=ENOSYS");
}

Test (os, rename_without_links_never_replaces)
{
  check_race ("renameat2=EPERM,linkat=EOPNOTSUPP");
}

static void
check_rename (const char *without_these)
{
  int folder = enter ();
  lack (without_these);
  put (folder, "new", "new");
  put (folder, "old", "old");
  cr_assert_neq (fci_os_rename (folder, "new", "old", FCI_RENAME_NOREPLACE), 0);
  cr_assert_eq (errno, EEXIST);
  cr_assert (has (folder, "new", "new") && has (folder, "old", "old"));
  mkdirat (folder, "d", 0700);
  mkdirat (folder, "e", 0700);
  cr_assert_neq (fci_os_rename (folder, "d", "e", FCI_RENAME_NOREPLACE), 0);
  cr_assert_eq (errno, EEXIST);
  cr_assert_neq (fci_os_rename (folder, "d", "old", FCI_RENAME_NOREPLACE), 0);
  cr_assert_eq (errno, EEXIST);
  cr_assert_eq (fci_os_rename (folder, "d", "f", FCI_RENAME_NOREPLACE), 0);
  cr_assert_neq (fci_os_rename (folder, "none", "g", FCI_RENAME_NOREPLACE), 0);
  cr_assert_eq (errno, ENOENT);
  cr_assert_neq (fci_os_rename (folder, "new", "g", FCI_RENAME_EXCHANGE), 0);
  cr_assert (errno == ENOENT || errno == EINVAL);
  unlinkat (folder, "e", AT_REMOVEDIR);
  unlinkat (folder, "f", AT_REMOVEDIR);
  unlinkat (folder, "new", 0);
  unlinkat (folder, "old", 0);
  leave (folder);
}

Test (os, rename)
{
  check_rename ("");
}
Test (os, rename_by_link)
{
  check_rename ("renameat2=ENOSYS");
}
Test (os, rename_without_links)
{
  check_rename ("renameat2=ENOSYS,linkat=EPERM");
}

/* Reads the file until it is told to stop.  Ends with 0 if it was never missing nor of another text. */
static void
watch (int folder)
{
  for (unsigned i = 0; i < 20000; i++)
    {
      char found[8] = "";
      int fd = openat (folder, "name", O_RDONLY);
      if (fd < 0 || read (fd, found, sizeof found - 1) != 3
          || (strcmp (found, "one") && strcmp (found, "two")))
        _exit (1);
      close (fd);
    }
  _exit (0);
}

Test (os, exchange_by_link_never_misses_the_name)
{
  int folder = enter (), status;
  lack ("renameat2=ENOSYS");
  put (folder, "name", "one");
  put (folder, "other", "two");
  put (folder, "othe~", "of a run that was killed");
  pid_t watcher = fork ();
  if (watcher == 0)
    watch (folder);
  for (unsigned i = 0; i < 500; i++)
    {
      cr_assert_eq (fci_os_rename (folder, "other", "name", FCI_RENAME_EXCHANGE), 0, "%s", strerror (errno));
      cr_assert (has (folder, "name", i % 2 ? "one" : "two") && has (folder, "other", i % 2 ? "two" : "one"));
    }
  waitpid (watcher, &status, 0);
  cr_assert_eq (status, 0);
  unlinkat (folder, "name", 0);
  unlinkat (folder, "other", 0);
  leave (folder);
}

Test (os, knows_whether_a_process_runs)
{
  char host[FCI_HOST_TEXT];
  fci_os_host (host);
  cr_expect (fci_os_is_running (getpid (), host));
  cr_expect (fci_os_is_running (getpid (), "elsewhere/"));
  const pid_t child = fork ();
  if (child == 0)
    _exit (0);
  waitpid (child, NULL, 0);
  cr_expect_not (fci_os_is_running (child, host));
}

Test (os, without_the_kernels_help)
{
  int folder = enter ();
  char a[8] = "", b[8] = "";
  lack ("O_TMPFILE=EINVAL,getrandom=ENOSYS,sched_getaffinity=ENOSYS,fallocate=EOPNOTSUPP,flock=ENOLCK");
  int fd = fci_os_open_unnamed (folder_name);
  cr_assert_geq (fd, 0);
  cr_assert_eq (fcntl (fd, F_GETFD), FD_CLOEXEC);
  cr_assert_eq (fci_os_reserve (fd, 4096), 0);
  cr_assert_eq (lseek (fd, 0, SEEK_END), 4096);
  cr_assert_neq (fci_os_lock (fd), 0);
  cr_assert_neq (errno, EWOULDBLOCK);
  close (fd);
  cr_assert (fci_os_random (a, sizeof a) && fci_os_random (b, sizeof b) && memcmp (a, b, sizeof a) != 0);
  cr_assert_geq (fci_os_cores (), 1);
  leave (folder);
}

Test (os, find)
{
  cr_assert_str_eq (fci_os_find ("aabab", 5, "ab", 2), "abab");
  cr_assert_str_eq (fci_os_find ("aabab", 5, "bab", 3), "bab");
  cr_assert_null (fci_os_find ("aabab", 5, "abc", 3));
  cr_assert_null (fci_os_find ("ab", 2, "abc", 3));
  cr_assert_null (fci_os_find ("ab", 0, "a", 1));
}

static int
by_number (const void *a, const void *b, void *calls)
{
  int x, y;
  memcpy (&x, a, sizeof x);
  memcpy (&y, b, sizeof y);
  ++*(unsigned *) calls;
  return (x > y) - (x < y);
}

Test (sort, orders_elements_of_any_size)
{
  for (size_t size = sizeof (int); size < 600; size += 293)
    for (size_t n = 0; n < 200; n = 2 * n + 1)
      {
        char *all = calloc (n + 1, size);
        unsigned calls = 0, seed = 1;
        for (size_t i = 0; i < n; i++)
          {
            int value = (int) ((seed = seed * 1103515245 + 12345) >> 16 & 63);
            memcpy (all + i * size, &value, sizeof value);
            memset (all + i * size + sizeof value, value, size - sizeof value);
          }
        fci_sort (all, n, size, by_number, &calls);
        for (size_t i = 0; i + 1 < n; i++)
          cr_assert (by_number (all + i * size, all + (i + 1) * size, &calls) <= 0);
        for (size_t i = 0; i < n && size > sizeof (int); i++)
          cr_assert_eq (all[i * size], all[(i + 1) * size - 1]);
        free (all);
      }
}
