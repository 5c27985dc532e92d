/* tests/unit/source-input.c: paths of the user, files inside them, links, and the view of probes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/source/folder.h"
#include "tests/unit/folder.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <fmtconv/formats.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

TestSuite (input, .init = place_start, .fini = place_stop);

/* ---- Paths from the command line */

Test (input, files_folders_and_typed_links)
{
  cr_assert_eq (symlink ("../out/c", "d/link"), 0);
  expect_text (fci_input_user (ctx, "d/a"), "alpha");
  expect_text (fci_input_user (ctx, "d/link"), "gamma");
  fmtconv_input *d = fci_input_user (ctx, "d//");
  cr_assert_not_null (d);
  cr_expect (fmtconv_input_is_folder (d));
  cr_expect_str_eq (fmtconv_input_basename (d), "d");
  cr_expect_str_eq (fmtconv_input_basename (fci_input_user (ctx, "d/link")), "link");
  cr_expect_str_eq (fmtconv_input_path (fci_input_user (ctx, "d/link")), "d/link");
  cr_expect (S_ISDIR (fci_input_stat (d)->st_mode));
  cr_expect_eq (fci_input_ctx (d), ctx);
  cr_expect_null (fmtconv_input_open (d));
  expect_error (FMTCONV_E_UNSUPPORTED, "this is a folder");
}

Test (input, missing_files)
{
  cr_assert_eq (symlink ("nowhere", "dangling"), 0);
  cr_expect_null (fci_input_user (ctx, "x.pt"));
  expect_error (FMTCONV_E_MISSING, "x.pt: No such file or directory");
  cr_expect_null (fci_input_user (ctx, "dangling"));
  expect_error (FMTCONV_E_MISSING, "dangling: No such file");
  cr_expect_null (fci_input_user (ctx, "d/a/x"));
  expect_error (FMTCONV_E_MISSING, "Not a directory");
  cr_assert_eq (symlink ("loop", "loop"), 0);
  cr_expect_null (fci_input_user (ctx, "loop"));
  cr_expect_eq (r.os_errno, ELOOP);
  expect_error (FMTCONV_E_IO, "loop: cannot be opened: ");
  cr_expect_null (fci_input_user (ctx, ""));
  expect_error (FMTCONV_E_USAGE, "path is empty");
}

Test (input, special_files_are_refused_by_name)
{
  cr_assert_eq (mkfifo ("pipe", 0600), 0);
  int s = socket (AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "sock" };
  cr_assert_eq (bind (s, (struct sockaddr *) &address, sizeof address), 0);
  close (s);
  cr_expect_null (fci_input_user (ctx, "-"));
  expect_error (FMTCONV_E_USAGE, "a pipe does not allow");
  cr_expect_null (fci_input_user (ctx, "/dev/null"));
  expect_error (FMTCONV_E_UNSUPPORTED, "/dev/null: this is a character device");
  cr_expect_null (fci_input_user (ctx, "pipe"));
  expect_error (FMTCONV_E_UNSUPPORTED, "pipe: this is a named pipe");
  cr_expect_null (fci_input_user (ctx, "sock"));
  expect_error (FMTCONV_E_UNSUPPORTED, "sock: this is a socket");
}

Test (input, parent)
{
  fmtconv_input *a = fci_input_user (ctx, "d/a"), *d = fmtconv_input_parent (a),
                *top = fmtconv_input_parent (d);
  cr_assert_not_null (top);
  cr_expect_str_eq (fmtconv_input_path (d), "d");
  cr_expect_eq (fmtconv_input_parent (a), d, "made once");
  cr_expect_str_eq (fmtconv_input_path (top), ".");
  cr_expect_str_eq (fmtconv_input_path (fmtconv_input_child (d, "a")), "d/a");
  cr_expect_str_eq (fmtconv_input_path (fmtconv_input_child (top, "d")), "d");
  cr_expect_str_eq (fmtconv_input_path (fmtconv_input_parent (top)), "..");
  cr_expect_str_eq (fmtconv_input_path (fmtconv_input_parent (fci_input_user (ctx, "d/"))), ".");
  cr_expect_str_eq (fmtconv_input_path (fmtconv_input_parent (fci_input_user (ctx, "d/sub/.."))),
                    "d/sub/../..");
  cr_expect_str_eq (fmtconv_input_path (fmtconv_input_parent (fci_input_user (ctx, "/tmp"))), "/");
  fmtconv_input *root = fci_input_user (ctx, "/");
  cr_expect_str_eq (fmtconv_input_path (fmtconv_input_parent (root)), "/");
  cr_expect_str_eq (fmtconv_input_path (fmtconv_input_child (root, "tmp")), "/tmp");
  fmtconv_input *sub = fmtconv_input_child (d, "sub");
  cr_expect_eq (fmtconv_input_parent (sub), d);
  cr_expect_eq (r.n_errors, 0, "%s", r.text);
}

Test (input, alias)
{
  fmtconv_input *in = fci_input_alias (ctx, "d/a", "model.safetensors", NULL, "");
  cr_assert_not_null (in);
  cr_expect_str_eq (fmtconv_input_basename (in), "model.safetensors");
  cr_expect_str_eq (fci_input_peek (in)->base, "model.safetensors");
  cr_expect_str_eq (fmtconv_input_path (fmtconv_input_parent (in)), "d");
  expect_text (in, "alpha");
  cr_expect (fmtconv_input_is_alone (in));
  cr_expect_not (fmtconv_input_is_alone (fci_input_user (ctx, "d/a")));
  cr_expect_not (fmtconv_input_is_alone (NULL));
}

Test (input, shards)
{
  static const struct
  {
    const char *name;
    unsigned number, count, digits; /* count 0: not a file of a split model */
  } cases[] = {
    { "model-00002-of-00003.safetensors", 2, 3, 5 },
    { "model-00001-of-000163.safetensors", 1, 163, 5 },
    { "pytorch_model_00000-of-00002.bin", 0, 2, 5 },
    { "a-1-of-1.x", 1, 1, 1 },
    { "a.fp16-2-of-3.x", 2, 3, 1 },
    { "a-1-of-2-2-of-3.x", 2, 3, 1 },
    { "a-999999999-of-999999999.x", 999999999, 999999999, 9 },
    { "a-1-of-1000000000.x", 0, 0, 0 },
    { "a-4-of-3.x", 0, 0, 0 },
    { "a-0-of-0.x", 0, 0, 0 },
    { "-1-of-2.x", 0, 0, 0 },
    { "a-1-of-2", 0, 0, 0 },
    { "a-1-of-.x", 0, 0, 0 },
    { "a--of-2.x", 0, 0, 0 },
    { "a-1-to-2.x", 0, 0, 0 },
    { "a", 0, 0, 0 },
    { "", 0, 0, 0 },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      fmtconv_shard shard;
      const char *name = cases[i].name;
      cr_assert_eq (fmtconv_shard_parse (name, &shard), cases[i].count > 0, "%s", name);
      if (!cases[i].count)
        continue;
      cr_expect_eq (shard.number, cases[i].number, "%s", name);
      cr_expect_eq (shard.count, cases[i].count, "%s", name);
      cr_expect_eq (shard.digits, cases[i].digits, "%s", name);
      cr_expect_eq (name[shard.end], '.', "%s", name);
      cr_expect (strchr ("-_", name[shard.start]), "%s", name);
    }
  fmtconv_shard shard;
  cr_expect_not (fmtconv_shard_parse (NULL, &shard));
}

/* ---- Paths inside a folder */

Test (input, plain_names_only)
{
  static const char *const names[] = { "", ".", "..", "sub/b", "/etc/passwd", "../out/c", "a/" };
  for (size_t i = 0; i < 7; i++)
    {
      fmtconv_input *d = fci_input_user (ctx, "d");
      cr_expect_not (fmtconv_input_has (d, names[i]), "%s", names[i]);
      cr_expect_null (fmtconv_input_child (d, names[i]), "%s", names[i]);
      expect_error (FMTCONV_E_FORMAT, "is not a plain file name");
    }
  cr_expect_null (fmtconv_input_child (fci_input_user (ctx, "d/a"), "x"));
  expect_error (FMTCONV_E_MISSING, "not a folder");
  cr_expect_not (fmtconv_input_has (fci_input_user (ctx, "d/a"), "x"));
}

Test (input, has_and_missing)
{
  fmtconv_input *d = fci_input_user (ctx, "d");
  cr_expect (fmtconv_input_has (d, "a"));
  cr_expect (fmtconv_input_has (d, "sub"));
  cr_expect_not (fmtconv_input_has (d, "x"));
  cr_expect_null (fmtconv_input_child (d, "x"));
  expect_error (FMTCONV_E_MISSING, "d/x: No such file");
}

Test (input, special_files_beneath)
{
  cr_assert_eq (mkfifo ("d/pipe", 0600), 0);
  cr_expect_null (fmtconv_input_child (fci_input_user (ctx, "d"), "pipe"));
  expect_error (FMTCONV_E_UNSUPPORTED, "d/pipe: this is a named pipe");
  cr_assert_eq (symlink ("/dev/null", "d/null"), 0);
  cr_expect_null (fmtconv_input_child (fci_input_user (ctx, "d"), "null"));
  expect_error (FMTCONV_E_UNSUPPORTED, "d/null: this is a character device");
}

/* Links that stay inside the folder work; links that leave it do not, in any form. */
static void
expect_links (void)
{
  static const char *const out[][2] = { { "../out/c", "up" },
                                        { "/etc/passwd", "absolute" },
                                        { "../out", "folder" },
                                        { "/proc/self/root/etc/passwd", "magic" },
                                        { "../dd/x", "sibling" } };
  mkdir ("dd", 0700);
  write_file ("dd/x", "x", 1);
  cr_assert_eq (symlink ("sub/b", "d/in"), 0);
  cr_assert_eq (symlink ("sub", "d/sublink"), 0);
  cr_assert_eq (symlink ("../a", "d/sub/back"), 0);
  fmtconv_input *d = fci_input_user (ctx, "d");
  expect_text (fmtconv_input_child (d, "in"), "beta");
  expect_text (fmtconv_input_child (fmtconv_input_child (d, "sublink"), "b"), "beta");
  expect_text (fmtconv_input_child (fmtconv_input_child (d, "sub"), "back"), "alpha");
  for (size_t i = 0; i < 5; i++)
    {
      char path[40];
      snprintf (path, sizeof path, "d/%s", out[i][1]);
      cr_assert_eq (symlink (out[i][0], path), 0);
      cr_expect_null (fmtconv_input_child (fci_input_user (ctx, "d"), out[i][1]), "%s", out[i][1]);
      expect_error (FMTCONV_E_FORMAT, "this link points outside the input folder");
    }
  cr_assert_eq (symlink ("loop", "d/loop"), 0);
  cr_expect_null (fmtconv_input_child (fci_input_user (ctx, "d"), "loop"));
  expect_error (FMTCONV_E_IO, "d/loop: cannot be opened: ");
  /* What cannot be looked at is not absent. */
  cr_expect_eq (fmtconv_input_has (fci_input_user (ctx, "d"), "nothing"), 0);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  cr_expect_eq (fmtconv_input_has (fci_input_user (ctx, "d"), "loop"), 0);
  expect_error (FMTCONV_E_IO, "d/loop: cannot be examined: ");
}

/* models--x/snapshots/1234/file is a link to ../../blobs/HASH. */
static void
expect_hugging_face_cache (void)
{
  static const char *const folders[] = { "m",           "m/blobs",        "m/blobs/deep",
                                         "m/snapshots", "m/snapshots/12", "m/snapshots/12/t",
                                         "m/refs" };
  for (size_t i = 0; i < 7; i++)
    cr_assert_eq (mkdir (folders[i], 0700), 0);
  write_file ("m/blobs/feed", "shard", 5);
  write_file ("m/blobs/deep/x", "x", 1);
  write_file ("m/refs/main", "12", 2);
  cr_assert_eq (symlink ("../../blobs/feed", "m/snapshots/12/s.safetensors"), 0);
  cr_assert_eq (symlink ("../../../blobs/feed", "m/snapshots/12/t/s.safetensors"), 0);
  cr_assert_eq (symlink ("../../refs/main", "m/snapshots/12/ref"), 0);
  cr_assert_eq (symlink ("../../blobs/deep/x", "m/snapshots/12/deep"), 0);
  fmtconv_input *in = fci_input_user (ctx, "m/snapshots/12"), *t = fci_input_user (ctx, "m/snapshots/12/t");
  expect_text (fmtconv_input_child (in, "s.safetensors"), "shard");
  expect_text (fmtconv_input_child (fmtconv_input_child (in, "t"), "s.safetensors"), "shard");
  expect_text (fmtconv_input_child (t, "s.safetensors"), "shard");
  fmtconv_input *typed = fci_input_user (ctx, "m/snapshots/12/s.safetensors");
  cr_expect_str_eq (fmtconv_input_path (fmtconv_input_parent (typed)), "m/snapshots/12");
  expect_text (fmtconv_input_child (fmtconv_input_parent (typed), "s.safetensors"), "shard");
  cr_expect_null (fmtconv_input_child (in, "ref"));
  expect_error (FMTCONV_E_FORMAT, "points outside the input folder");
  cr_expect_null (fmtconv_input_child (fci_input_user (ctx, "m/snapshots/12"), "deep"));
  expect_error (FMTCONV_E_FORMAT, "points outside the input folder");
}

/* As in a sandbox, or with an old kernel. */
static void
without_openat2 (void)
{
  struct sock_filter code[] = { BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
                                BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
                                BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                                BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
  struct sock_fprog program = { .len = 4, .filter = code };
  cr_assert_eq (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  cr_assert_eq (prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
  cr_assert_eq (syscall (SYS_openat2, 0, 0, 0, 0), -1);
  cr_assert_eq (errno, ENOSYS);
}

Test (input, links)
{
  expect_links ();
}

Test (input, links_without_openat2)
{
  without_openat2 ();
  expect_links ();
}

Test (input, hugging_face_cache)
{
  expect_hugging_face_cache ();
}

Test (input, hugging_face_cache_without_openat2)
{
  without_openat2 ();
  expect_hugging_face_cache ();
}

/* ---- Listings and peeks */

Test (input, entries_are_sorted)
{
  static const char *const names[] = { "B", "a", "b", "sub", "z\xC3\xA4" };
  write_file ("d/b", "", 0);
  write_file ("d/B", "", 0);
  write_file ("d/z\xC3\xA4", "", 0);
  fmtconv_input *d = fci_input_user (ctx, "d");
  for (size_t i = 0; i < 5; i++)
    cr_expect_str_eq (fmtconv_input_entry (d, i), names[i]);
  cr_expect_null (fmtconv_input_entry (d, 5));
  cr_expect_null (fmtconv_input_entry (fci_input_user (ctx, "d/a"), 0));
  const fmtconv_peek *peek = fci_input_peek (d);
  cr_assert_not_null (peek);
  cr_expect (peek->is_folder);
  cr_expect_eq (peek->n_entries, 5);
  cr_expect_str_eq (peek->entries[3], "sub");
  cr_expect_eq (peek->size, 0);
  cr_expect_eq (fci_input_peek (d), peek, "made once");
  cr_expect_eq (r.n_errors, 0);
}

Test (input, entries_are_bounded)
{
  fmtconv_input *d = fci_input_user (ctx, "out");
  for (int i = 1; i < FCI_MAX_ENTRIES; i++)
    {
      char path[40];
      snprintf (path, sizeof path, "out/%d", i);
      cr_assert_eq (symlink ("x", path), 0);
    }
  cr_expect_not_null (fmtconv_input_entry (d, FCI_MAX_ENTRIES - 1));
  cr_expect_null (fmtconv_input_entry (d, FCI_MAX_ENTRIES));
  cr_expect_eq (r.n_errors, 0);
  cr_assert_eq (symlink ("x", "out/one-more"), 0);
  cr_expect_null (fmtconv_input_entry (fci_input_user (ctx, "out"), 0));
  expect_error (FMTCONV_E_LIMIT, "out: the folder has more than 131072 entries");
  cr_expect_null (fci_input_peek (fci_input_user (ctx, "out")));
  expect_error (FMTCONV_E_LIMIT, "more than 131072 entries");
}

Test (input, peek_sees_both_ends)
{
  static uint8_t bytes[10000];
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (uint8_t) (i >> 5);
  static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, sizeof bytes };
  for (size_t i = 0; i < 6; i++)
    {
      const size_t n = sizes[i], seen = n < 4096 ? n : 4096;
      char path[20];
      snprintf (path, sizeof path, "f%zu", n);
      write_file (path, bytes, n);
      const fmtconv_peek *peek = fci_input_peek (fci_input_user (ctx, path));
      cr_assert_not_null (peek);
      cr_expect_eq (peek->size, n);
      cr_expect_eq (peek->head_len, seen);
      cr_expect_eq (peek->tail_len, seen);
      cr_expect (memcmp (peek->head, bytes, seen) == 0);
      cr_expect (memcmp (peek->tail, bytes + n - seen, seen) == 0);
      cr_expect_str_eq (peek->base, path);
      cr_expect_str_eq (peek->path, path);
      cr_expect_not (peek->is_folder);
    }
}
