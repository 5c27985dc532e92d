/* tests/unit/source-descriptors.c: more files than descriptors: closed, opened again, and compared with what they were.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/source/descriptors.h"
#include "tests/unit/folder.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum
{
  N_FILES = 60,
  N_THREADS = 4,
  LIMIT = 40,       /* of the process */
  SPARE = LIMIT / 4 /* of these, never taken by files that can be opened again */
};

static fmtconv_source *source[N_FILES];

/* Opens the files d/00 to d/59, which hold their numbers, where each process may have LIMIT files. */
static void
many_start (void)
{
  place_start ();
  struct rlimit files;
  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = LIMIT;
  cr_assert_eq (setrlimit (RLIMIT_NOFILE, &files), 0);
  fmtconv_input *folder = fci_input_user (ctx, "d");
  for (int i = 0; i < N_FILES; i++)
    {
      char path[16];
      snprintf (path, sizeof path, "d/%02d", i);
      write_file (path, path + 2, 2);
      source[i] = fmtconv_input_open (fmtconv_input_child (folder, path + 2));
      cr_assert_not_null (source[i], "%s", path);
    }
}

TestSuite (descriptors, .init = many_start, .fini = place_stop);

static size_t
count_open (void)
{
  size_t n = 0;
  for (int i = 0; i < N_FILES; i++)
    n += source[i]->disk->fd >= 0;
  return n;
}

/* Returns how many of the last descriptors are taken. */
static int
count_spare (void)
{
  int n = 0;
  for (int fd = LIMIT - SPARE; fd < LIMIT; fd++)
    n += fcntl (fd, F_GETFD) >= 0;
  return n;
}

/* Returns 0 if the file holds its number. */
static int
check (int i)
{
  char wanted[16], found[2];
  snprintf (wanted, sizeof wanted, "%02d", i);
  const int error = fci_source_read (source[i], 0, found, 2);
  return error != 0 ? error : memcmp (found, wanted, 2) != 0 ? EILSEQ : 0;
}

Test (descriptors, leave_the_last_ones)
{
  const size_t n_open = count_open ();
  cr_expect_gt (n_open, 8);
  cr_expect_eq (count_spare (), 0);
  for (int i = 0; i < 3 * N_FILES; i++)
    cr_expect_eq (check (i % N_FILES), 0);
  cr_expect_eq (count_open (), n_open);
  cr_expect_eq (count_spare (), 0);
  cr_expect_eq (fci_sources_unchanged (ctx), 0);
  cr_expect_eq (r.n_errors, 0);
}

/* A file that was read stays open when others are opened. */
Test (descriptors, of_the_oldest_are_closed)
{
  for (int i = 0; i < N_FILES - 1; i++)
    {
      cr_expect_eq (check (i), 0);
      cr_expect_eq (check (N_FILES - 1), 0);
      cr_expect_geq (source[i]->disk->fd, 0);
    }
  cr_expect_lt (source[0]->disk->fd, 0);
}

Test (descriptors, in_use_stay_open)
{
  int fd, again;
  char found[3] = "";
  cr_assert_eq (fci_disk_acquire (source[7]->disk, &fd), 0);
  cr_assert_eq (fci_disk_acquire (source[7]->disk, &again), 0);
  cr_expect_eq (fd, again);
  fci_disk_release (source[7]->disk);
  for (int i = 0; i < N_FILES; i++)
    cr_expect_eq (check (i), 0);
  cr_expect_eq (pread (fd, found, 2, 0), 2);
  cr_expect_str_eq (found, "07");
  fci_disk_release (source[7]->disk);
}

/* An output gets a descriptor that a file gives up, until there are no files. */
Test (descriptors, are_given_to_outputs)
{
  int taken[LIMIT], n = 0, fd;
  while ((fd = dup (0)) >= 0 && fci_sources_settle (fci_sources_of (ctx), &fd))
    taken[n++] = fd;
  cr_expect_eq (errno, EMFILE);
  cr_expect_eq (count_open (), 0);
  cr_expect_eq (count_spare (), 1);
  close (fd);
  cr_expect_eq (check (1), 0);
  cr_expect_eq (count_spare (), 0, "a file that is read from one of the last descriptors is closed");
  while (n > 0)
    close (taken[--n]);
}

/* Where other parts of the program have all the descriptors, some of those of files are given up. */
Test (descriptors, are_given_up)
{
  int taken[LIMIT], n = 0;
  const size_t n_open = count_open ();
  while ((taken[n] = dup (0)) >= 0)
    n++;
  cr_assert_eq (errno, EMFILE);
  cr_expect (fci_sources_relieve (fci_sources_of (ctx)));
  cr_expect_eq (count_open (), n_open - 16);
  errno = ENOENT;
  cr_expect_not (fci_sources_relieve (fci_sources_of (ctx)));
  taken[n++] = dup (0);
  cr_assert_geq (taken[n - 1], 0);
  for (int i = 0; i < N_FILES; i++)
    cr_expect_eq (check (i), 0);
  while (n > 0)
    close (taken[--n]);
}

static void *
read_all (void *first)
{
  for (int i = 0; i < 40 * N_FILES; i++)
    if (check ((*(int *) first + i * 7) % N_FILES) != 0)
      return first;
  return NULL;
}

Test (descriptors, of_several_threads)
{
  pthread_t thread[N_THREADS];
  int first[N_THREADS];
  for (int i = 0; i < N_THREADS; i++)
    {
      first[i] = i * 13;
      cr_assert_eq (pthread_create (&thread[i], NULL, read_all, &first[i]), 0);
    }
  for (int i = 0; i < N_THREADS; i++)
    {
      void *failed;
      pthread_join (thread[i], &failed);
      cr_expect_null (failed);
    }
  cr_expect_eq (count_spare (), 0);
}

Test (descriptors, of_a_file_that_was_replaced)
{
  cr_assert_lt (source[0]->disk->fd, 0);
  write_file ("d/new", "00", 2);
  cr_assert_eq (rename ("d/new", "d/00"), 0);
  cr_expect_eq (check (0), FCI_READ_CHANGED);
  cr_expect_eq (r.n_errors, 0, "a read records nothing");
  cr_expect_eq (check (1), 0);
  cr_expect_eq (fci_sources_unchanged (ctx), FMTCONV_E_IO);
  expect_error (FMTCONV_E_IO, "d/00: the file changed during the conversion");
}

Test (descriptors, of_a_file_that_was_removed)
{
  char found[2];
  cr_assert_eq (unlink ("d/03"), 0);
  cr_expect_eq (fci_source_load (source[3], 0, found, 2), FMTCONV_E_IO);
  expect_error (FMTCONV_E_IO, "d/03: the file changed during the conversion");
}

Test (descriptors, of_a_file_that_became_a_link)
{
  cr_assert_eq (unlink ("d/03"), 0);
  cr_assert_eq (symlink ("../out/c", "d/03"), 0);
  cr_expect_eq (check (3), EXDEV);
}
