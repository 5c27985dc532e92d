/* tests/unit/plan-folders.c: outputs that are folders: names, new and existing folders, errors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plan-util.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fmtconv/formats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef HAVE_SYS_XATTR_H
#include <sys/xattr.h>
#endif

enum
{
  SIZE = 300000
};

/* ---- Names */

static int
name_code (bool folder, const char *name)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 1 << 20);
  fmtconv_layout *layout = folder ? fci_layout_new_folder (ctx, "out") : fci_layout_new (ctx, "out");
  fmtconv_layout_create (layout, name);
  fci_layout_freeze (layout);
  fmtconv_ctx_free (ctx);
  return h.code;
}

Test (folders, names)
{
  static const char *const bad[] = {
    "", ".", "..", "/", "/a", "a/", "a//b", "../a", "a/..", "a/./b", "a/../b"
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    cr_expect_eq (name_code (true, bad[i]), FMTCONV_E_USAGE, "%s", bad[i]);
  cr_expect_eq (name_code (true, "1/2/3/4/5/6/7/8"), 0);
  cr_expect_eq (name_code (true, "1/2/3/4/5/6/7/8/9"), FMTCONV_E_USAGE);
  cr_expect_eq (name_code (true, "..a/.b"), 0);
  cr_expect_eq (name_code (true, NULL), FMTCONV_E_INTERNAL);
  cr_expect_eq (name_code (false, "a/b"), FMTCONV_E_USAGE);
  cr_expect_eq (name_code (false, NULL), 0);
}

Test (folders, a_file_is_no_folder_of_another)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 1 << 20);
  fmtconv_layout *layout = fci_layout_new_folder (ctx, "out");
  fmtconv_layout_create (layout, "a/b/c");
  fmtconv_layout_create (layout, "a/b");
  cr_expect_eq (fci_layout_freeze (layout), FMTCONV_E_INTERNAL);
  fmtconv_ctx_free (ctx);
}

Test (folders, an_inner_writer_has_its_own_target)
{
  captured h;
  fci_layout_scope saved;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 1 << 20);
  fmtconv_layout *layout = fci_layout_new_folder (ctx, "out");
  cr_expect_str_eq (fmtconv_layout_target (layout), "out");
  cr_assert_eq (fci_layout_enter (layout, "vae/w.bin", &saved), 0);
  cr_expect_str_eq (fmtconv_layout_target (layout), "w.bin");
  cr_expect_str_eq (fmtconv_layout_create (layout, NULL)->name, "vae/w.bin");
  cr_expect_str_eq (fmtconv_layout_create (layout, "w.index")->name, "vae/w.index");
  fmtconv_layout_stale (layout, "w-*.bin");
  cr_expect_str_eq (layout->stale->folder, "vae/");
  cr_expect_str_eq (layout->stale->glob, "w-*.bin");
  fci_layout_leave (layout, &saved);
  cr_expect_str_eq (fmtconv_layout_create (layout, "config")->name, "config");
  cr_expect_eq (fci_layout_freeze (layout), 0);
  fmtconv_ctx_free (ctx);
}

/* ---- Publication */

/* What has the name of the output. */
enum
{
  NOTHING,
  EXCHANGED, /* a folder that is replaced as a whole */
  IN_PLACE,  /* a folder with a folder of others, whose files are replaced one by one */
  STATES
};

static uint8_t *source_bytes;

static void
set (place *at)
{
  *at = enter ();
  source_bytes = rnd_bytes (5, SIZE);
  put_file (in (at, "in"), source_bytes, SIZE);
}

static void
end (place *at)
{
  free (source_bytes);
  leave (at);
}

/* Files "vae/data" (a copy and a converted tensor), "vae/w/deep" and "config". */
static int
convert_in (fmtconv_ctx *ctx, const place *at, const char *output, const struct fci_io *io)
{
  fmtconv_source *source = open_source (ctx, in (at, "in"));
  fmtconv_view *t = fmtconv_view_leaf (source, 0, FMTCONV_I16, 1, (const uint64_t[]){ SIZE / 2 }, NULL);
  fmtconv_layout *layout = fci_layout_new_folder (ctx, strrchr (output, '/') + 1);
  fmtconv_file *data = fmtconv_layout_create (layout, "vae/data"),
               *deep = fmtconv_layout_create (layout, "vae/w/deep");
  fmtconv_file_emit_view (data, "t", t);
  fmtconv_file_emit_view (data, "u", fmtconv_view_cast (t, FMTCONV_F32));
  fmtconv_file_emit (deep, "deep", 4);
  fmtconv_file_emit (fmtconv_layout_create (layout, "config"), "{}", 2);
  fmtconv_layout_stale (layout, "vae/data-*");
  fmtconv_layout_stale (layout, "vae/d*a");
  fmtconv_layout_stale (layout, "none/*");
  cr_assert_eq (fci_layout_freeze (layout), 0);
  return run (ctx, layout, output, io, NULL);
}

static int
convert (const place *at, const char *output, captured *h, unsigned flags, const struct fci_io *io)
{
  fmtconv_ctx *ctx = new_ctx (h, flags, 2, 1 << 20);
  int code = convert_in (ctx, at, output, io);
  fmtconv_ctx_free (ctx);
  return code;
}

static bool
holds (const char *path, const void *bytes, size_t size)
{
  size_t n = 0;
  uint8_t *found = get_file (path, &n);
  bool same = found && n == size && memcmp (found, bytes, n) == 0;
  free (found);
  return same;
}

static void
check_new (const place *at)
{
  size_t n = 0;
  uint8_t *data = get_file (in (at, "out/vae/data"), &n);
  cr_assert (data && n == 3 * SIZE && memcmp (data, source_bytes, SIZE) == 0);
  free (data);
  cr_assert (holds (in (at, "out/vae/w/deep"), "deep", 4));
  cr_assert (holds (in (at, "out/config"), "{}", 2));
}

Test (folders, new_one)
{
  place at;
  captured h;
  struct stat st;
  umask (027);
  set (&at);
  cr_assert_eq (convert (&at, in (&at, "out"), &h, 0, NULL), 0, "%s", h.text);
  check_new (&at);
  cr_assert_eq (n_entries (at.path), 2);
  cr_assert_eq (n_entries (in (&at, "out")), 2);
  static const char *const folders[] = { "out", "out/vae", "out/vae/w" };
  for (size_t i = 0; i < 3; i++)
    cr_assert (stat (in (&at, folders[i]), &st) == 0 && (st.st_mode & 0777) == 0750, "%s", folders[i]);
  cr_assert (stat (in (&at, "out/config"), &st) == 0 && (st.st_mode & 0777) == 0640);
  cr_assert_eq (convert (&at, in (&at, "out"), &h, 0, NULL), FMTCONV_E_OUTPUT);
  cr_assert_eq (convert (&at, in (&at, "out"), &h, FMTCONV_FORCE, NULL), 0, "%s", h.text);
  check_new (&at);
  end (&at);
}

/* Makes a folder with older files: some of the output's names, some that it replaces, others. */
static void
put_old (const place *at)
{
  mkdir (in (at, "out"), 0777);
  mkdir (in (at, "out/vae"), 0777);
  put_file (in (at, "out/config"), "old", 3);
  put_file (in (at, "out/vae/data-1"), "old", 3);
  put_file (in (at, "out/vae/data-2"), "old", 3);
  put_file (in (at, "out/vae/mine"), "mine", 4);
}

static void
check_old (const place *at)
{
  struct stat st;
  cr_assert_eq (n_entries (at->path), 2);
  cr_assert_eq (n_entries (in (at, "out")), stat (in (at, "out/others"), &st) == 0 ? 3 : 2);
  cr_assert_eq (n_entries (in (at, "out/vae")), 3);
  cr_assert (holds (in (at, "out/config"), "old", 3));
  cr_assert (holds (in (at, "out/vae/data-1"), "old", 3) && holds (in (at, "out/vae/data-2"), "old", 3));
  cr_assert (holds (in (at, "out/vae/mine"), "mine", 4));
}

Test (folders, one_that_exists)
{
  place at;
  captured h;
  set (&at);
  put_old (&at);
  cr_assert_eq (convert (&at, in (&at, "out"), &h, 0, NULL), FMTCONV_E_OUTPUT);
  check_old (&at);
  cr_assert_eq (convert (&at, in (&at, "out"), &h, FMTCONV_FORCE, NULL), 0, "%s", h.text);
  check_new (&at);
  cr_assert_eq (n_entries (in (&at, "out/vae")), 3);
  cr_assert (holds (in (&at, "out/vae/mine"), "mine", 4));
  end (&at);
}

static ino_t
inode_of (const char *path)
{
  struct stat st;
  return lstat (path, &st) == 0 ? st.st_ino : 0;
}

/* A folder is exchanged as a whole, with the files of others; a folder of others in it prevents that. */
Test (folders, one_that_exists_is_exchanged)
{
  for (int exchanged = 0; exchanged < 2; exchanged++)
    {
      place at;
      captured h;
      struct stat st;
      set (&at);
      put_old (&at);
      symlink ("vae/mine", in (&at, "out/link"));
      chmod (in (&at, "out"), 0751);
      chmod (in (&at, "out/vae"), 0710);
      chmod (in (&at, "out/config"), 0604);
      if (!exchanged)
        mkdir (in (&at, "out/others"), 0777);
      const ino_t out = inode_of (in (&at, "out")), mine = inode_of (in (&at, "out/vae/mine"));
      cr_assert_eq (convert (&at, in (&at, "out"), &h, FMTCONV_FORCE, NULL), 0, "%s", h.text);
      check_new (&at);
      cr_assert_eq (inode_of (in (&at, "out")) != out, exchanged);
      cr_assert_eq (inode_of (in (&at, "out/vae/mine")), mine);
      cr_assert (stat (in (&at, "out/vae/mine"), &st) == 0 && st.st_nlink == 1);
      cr_assert (inode_of (in (&at, "out/link")));
      cr_assert (stat (in (&at, "out"), &st) == 0 && (st.st_mode & 07777) == 0751);
      cr_assert (stat (in (&at, "out/vae"), &st) == 0 && (st.st_mode & 07777) == 0710);
      cr_assert (stat (in (&at, "out/config"), &st) == 0 && (st.st_mode & 07777) == 0604);
      cr_assert_eq (n_entries (in (&at, "out/vae")), 3);
      cr_assert_eq (n_entries (at.path), 2);
      end (&at);
    }
}

static bool
set_group (const char *path)
{
  return chown (path, (uid_t) -1, getegid () + 1) == 0;
}

static bool
set_attribute (const char *path)
{
#if defined __linux__ && defined HAVE_SYS_XATTR_H
  return setxattr (path, "user.mine", "1", 1, 0) == 0;
#else
  (void) path;
  return false;
#endif
}

/* What a new folder would not have keeps the old one, whose files are replaced one by one. */
Test (folders, one_that_a_new_folder_is_unlike_stays)
{
  static const struct
  {
    const char *folder;
    bool (*set) (const char *path); /* false: that cannot be done here */
  } cases[] = {
    { "out", set_group }, { "out/vae", set_group }, { "out", set_attribute }, { "out/vae", set_attribute }
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      place at;
      captured h;
      set (&at);
      put_old (&at);
      if (cases[i].set (in (&at, cases[i].folder)))
        {
          const ino_t out = inode_of (in (&at, "out")), vae = inode_of (in (&at, "out/vae"));
          cr_assert_eq (convert (&at, in (&at, "out"), &h, FMTCONV_FORCE, NULL), 0, "%s", h.text);
          check_new (&at);
          cr_assert_eq (inode_of (in (&at, "out")), out, "case %zu", i);
          cr_assert_eq (inode_of (in (&at, "out/vae")), vae, "case %zu", i);
          cr_assert (holds (in (&at, "out/vae/mine"), "mine", 4));
          cr_assert_eq (n_entries (at.path), 2);
        }
      end (&at);
    }
}

/* In a folder that gives its group to what is made in it, all that is new has that group. */
Test (folders, has_the_group_of_its_folder)
{
  static const char *const names[] = { "out", "out/config", "out/vae", "out/vae/data", "out/vae/w/deep" };
  place at;
  captured h;
  struct stat st;
  set (&at);
  if (set_group (at.path) && chmod (at.path, 02755) == 0)
    for (int again = 0; again < 2; again++)
      {
        const ino_t out = inode_of (in (&at, "out"));
        cr_assert_eq (convert (&at, in (&at, "out"), &h, again ? FMTCONV_FORCE : 0, NULL), 0, "%s", h.text);
        cr_assert_neq (inode_of (in (&at, "out")), out); /* exchanged */
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
          cr_expect (stat (in (&at, names[i]), &st) == 0 && st.st_gid == getegid () + 1, "%s", names[i]);
      }
  end (&at);
}

/* What came into the folder during the conversion is carried over or refused, never lost. */
static const place *changed;

static ssize_t
adding_pwrite (int fd, const void *bytes, size_t n, off_t at)
{
  put_file (in (changed, "out/vae/late"), "late", 4);
  return pwrite (fd, bytes, n, at);
}

static ssize_t
making_pwrite (int fd, const void *bytes, size_t n, off_t at)
{
  mkdir (in (changed, "out/late"), 0777);
  return pwrite (fd, bytes, n, at);
}

Test (folders, loses_nothing_that_came_meanwhile)
{
  struct fci_io io = fci_io_system;
  for (int refused = 0; refused < 2; refused++)
    {
      place at;
      captured h;
      set (&at);
      put_old (&at);
      changed = &at;
      io.pwrite = refused ? making_pwrite : adding_pwrite;
      cr_assert_eq (convert (&at, in (&at, "out"), &h, FMTCONV_FORCE, &io), refused ? FMTCONV_E_OUTPUT : 0,
                    "%s", h.text);
      cr_assert (refused ? inode_of (in (&at, "out/late")) != 0
                         : holds (in (&at, "out/vae/late"), "late", 4));
      cr_assert (holds (in (&at, "out/vae/mine"), "mine", 4));
      cr_assert_eq (n_entries (at.path), 2);
      end (&at);
    }
}

Test (folders, an_empty_one_is_filled)
{
  place at;
  captured h;
  set (&at);
  mkdir (in (&at, "out"), 0777);
  cr_assert_eq (convert (&at, in (&at, "out"), &h, 0, NULL), 0, "%s", h.text);
  check_new (&at);
  cr_assert_eq (n_entries (in (&at, "out")), 2);
  end (&at);
}

static void
refused (const char *what, int (*prepare) (const place *))
{
  place at;
  captured h;
  set (&at);
  cr_assert_eq (prepare (&at), 0);
  cr_expect_eq (convert (&at, in (&at, "out"), &h, FMTCONV_FORCE, NULL), FMTCONV_E_OUTPUT, "%s: %s", what,
                h.text);
  end (&at);
}

static int
make_file (const place *at)
{
  put_file (in (at, "out"), "old", 3);
  return 0;
}

static int
make_file_in_the_way (const place *at)
{
  int code = mkdir (in (at, "out"), 0777);
  put_file (in (at, "out/vae"), "old", 3);
  return code;
}

static int
make_link_out (const place *at)
{
  return mkdir (in (at, "out"), 0777) || symlink ("..", in (at, "out/vae"));
}

static int
make_folder_for_a_file (const place *at)
{
  return mkdir (in (at, "out"), 0777) || mkdir (in (at, "out/config"), 0777);
}

static int
make_stale_input (const place *at)
{
  return mkdir (in (at, "out"), 0777) || mkdir (in (at, "out/vae"), 0777)
         || link (in (at, "in"), in (at, "out/vae/data-1"));
}

static int
make_stale_folder (const place *at)
{
  return mkdir (in (at, "out"), 0777) || mkdir (in (at, "out/vae"), 0777)
         || mkdir (in (at, "out/vae/data-1"), 0777);
}

Test (folders, refuses_what_can_be_known)
{
  refused ("a file", make_file);
  refused ("a file where a folder is needed", make_file_in_the_way);
  refused ("a link where a folder is needed", make_link_out);
  refused ("a folder where a file is needed", make_folder_for_a_file);
  refused ("an input among the older files", make_stale_input);
  refused ("a folder among the older files", make_stale_folder);
}

/* ---- After an interrupted run */

static char caught[256];
static const place *caught_in;

static int
catching_fsync (int fd)
{
  DIR *folder = opendir (caught_in->path);
  for (struct dirent *e; (e = readdir (folder));)
    if (strstr (e->d_name, ".fmtconv-") && !strstr (e->d_name, ".work."))
      strcpy (caught, e->d_name);
  closedir (folder);
  return fsync (fd);
}

Test (folders, takes_over_what_a_killed_run_left)
{
  place at;
  captured h;
  struct fci_io io = fci_io_system;
  char left[700], deep[1100];
  io.fsync = catching_fsync;
  set (&at);
  caught_in = &at;
  cr_assert_eq (convert (&at, in (&at, "out"), &h, 0, &io), 0, "%s", h.text);
  cr_assert_not_null (strstr (caught, ".out.fmtconv-"), "%s", caught);
  cr_assert_eq (rename (in (&at, "out"), in (&at, caught)), 0);
  cr_assert_eq (convert (&at, in (&at, "out"), &h, 0, NULL), 0, "%s", h.text);
  check_new (&at);
  cr_assert_eq (n_entries (at.path), 2);
  cr_assert_eq (rename (in (&at, "out"), in (&at, caught)), 0);
  snprintf (left, sizeof left, "%s", in (&at, caught));
  int fd = open (left, O_RDONLY | O_DIRECTORY);
  cr_assert_eq (flock (fd, LOCK_EX), 0);
  cr_assert_eq (convert (&at, in (&at, "out"), &h, 0, NULL), FMTCONV_E_OUTPUT);
  cr_assert_not_null (strstr (h.text, "another process"), "%s", h.text);
  close (fd);
  snprintf (deep, sizeof deep, "%s/vae/stranger", left);
  put_file (deep, "x", 1);
  cr_assert_eq (convert (&at, in (&at, "out"), &h, 0, NULL), 0, "%s", h.text); /* under another name */
  check_new (&at);
  cr_assert_eq (n_entries (at.path), 3);
  cr_assert (holds (deep, "x", 1));
  end (&at);
}

/* A second conversion to the same output, while the first writes. */
static captured second;
static int second_code;
static _Atomic int has_second;

static ssize_t
second_pwrite (int fd, const void *bytes, size_t n, off_t at)
{
  if (has_second++ == 0)
    second_code = convert (changed, in (changed, "out"), &second, FMTCONV_FORCE, NULL);
  return pwrite (fd, bytes, n, at);
}

Test (folders, a_second_conversion_leaves_the_first_alone)
{
  struct fci_io io = fci_io_system;
  io.pwrite = second_pwrite;
  for (int existing = NOTHING; existing <= EXCHANGED; existing++)
    {
      place at;
      captured h;
      set (&at);
      if (existing)
        put_old (&at);
      changed = &at;
      has_second = 0;
      cr_assert_eq (convert (&at, in (&at, "out"), &h, FMTCONV_FORCE, &io), 0, "%s", h.text);
      cr_assert_eq (second_code, FMTCONV_E_OUTPUT);
      cr_assert_not_null (strstr (second.text, "another process"), "%s", second.text);
      check_new (&at);
      cr_assert_eq (n_entries (at.path), 2);
      cr_assert (!existing || holds (in (&at, "out/vae/mine"), "mine", 4));
      end (&at);
    }
}

/* ---- Events during a run */

static fmtconv_ctx *to_cancel;

static ssize_t
cancelling_pwrite (int fd, const void *bytes, size_t n, off_t at)
{
  fmtconv_ctx_cancel (to_cancel);
  return pwrite (fd, bytes, n, at);
}

Test (folders, leaves_nothing_when_cancelled)
{
  struct fci_io io = fci_io_system;
  io.pwrite = cancelling_pwrite;
  for (int existing = 0; existing < 2; existing++)
    {
      place at;
      captured h;
      set (&at);
      if (existing)
        put_old (&at);
      to_cancel = new_ctx (&h, FMTCONV_FORCE, 2, 1 << 20);
      cr_assert_eq (convert_in (to_cancel, &at, in (&at, "out"), &io), FMTCONV_E_CANCELLED, "%s", h.text);
      if (existing)
        check_old (&at);
      else
        cr_assert_eq (n_entries (at.path), 1);
      fmtconv_ctx_free (to_cancel);
      end (&at);
    }
}

/* Another process creates the folder during the run. */
static char late[700];

static int
delayed_fsync (int fd)
{
  mkdir (late, 0777);
  return fsync (fd);
}

Test (folders, replaces_nothing_that_came_meanwhile)
{
  struct fci_io io = fci_io_system;
  place at;
  captured h;
  io.fsync = delayed_fsync;
  set (&at);
  snprintf (late, sizeof late, "%s", in (&at, "out"));
  cr_assert_eq (convert (&at, late, &h, FMTCONV_FORCE, &io), FMTCONV_E_OUTPUT);
  cr_assert_eq (n_entries (late), 0);
  cr_assert_eq (n_entries (at.path), 2);
  end (&at);
}

/* ---- The Nth call fails */

enum
{
  WRITE,
  RESERVE,
  SYNC,
  CLOSE,
  MKDIR,
  RENAME,
  KINDS
};

static _Atomic int left[KINDS];

static bool
fails (int kind)
{
  if (left[kind] == 0 || --left[kind] > 0)
    return false;
  errno = EIO;
  return true;
}

static ssize_t
faulty_pwrite (int fd, const void *bytes, size_t n, off_t at)
{
  return fails (WRITE) ? -1 : pwrite (fd, bytes, n, at);
}

static int
faulty_fallocate (int fd, off_t size)
{
  return fails (RESERVE) ? -1 : fci_io_system.fallocate (fd, size);
}

static int
faulty_fsync (int fd)
{
  return fails (SYNC) ? -1 : fsync (fd);
}

static int
faulty_close (int fd)
{
  bool bad = fails (CLOSE);
  return close (fd) != 0 || bad ? -1 : 0;
}

static int
faulty_mkdir (int folder, const char *name, mode_t mode)
{
  return fails (MKDIR) ? -1 : mkdirat (folder, name, mode);
}

static int
faulty_rename (int folder, const char *from, const char *to, unsigned flags)
{
  return fails (RENAME) ? -1 : fci_io_system.rename (folder, from, to, flags);
}

/* Returns the number of calls of that kind. */
static int
check_faults (int kind, int existing)
{
  struct fci_io io = fci_io_system;
  io.pwrite = faulty_pwrite;
  io.fallocate = faulty_fallocate;
  io.fsync = faulty_fsync;
  io.close = faulty_close;
  io.mkdir = faulty_mkdir;
  io.rename = faulty_rename;
  for (int n = 1;; n++)
    {
      place at;
      captured h;
      set (&at);
      if (existing)
        put_old (&at);
      if (existing == IN_PLACE)
        mkdir (in (&at, "out/others"), 0777);
      left[kind] = n;
      int code = convert (&at, in (&at, "out"), &h, existing ? FMTCONV_FORCE : 0, &io);
      bool all = left[kind] > 0;
      left[kind] = 0;
      cr_assert_eq (code, all ? 0 : FMTCONV_E_IO, "kind %d, call %d: %s", kind, n, h.text);
      if (all)
        check_new (&at);
      else if (existing)
        check_old (&at);
      else
        cr_assert_eq (n_entries (at.path), 1, "kind %d, call %d", kind, n);
      end (&at);
      if (all)
        return n - 1;
    }
}

Test (folders, every_call_may_fail)
{
  for (int existing = 0; existing < STATES; existing++)
    {
      cr_expect_geq (check_faults (WRITE, existing), 3);
      cr_expect_eq (check_faults (RESERVE, existing), 3);
      cr_expect_eq (check_faults (CLOSE, existing), 3);
    }
  cr_expect_eq (check_faults (SYNC, NOTHING), 3 + 3 + 1); /* files, folders, the parent folder */
  cr_expect_eq (check_faults (SYNC, EXCHANGED), 3 + 3 + 1);
  cr_expect_eq (check_faults (SYNC, IN_PLACE), 3 + 3 + 6 + 3); /* …, journals and their folders, folders */
  cr_expect_eq (check_faults (MKDIR, NOTHING), 3);
  cr_expect_eq (check_faults (MKDIR, EXCHANGED), 3);
  cr_expect_eq (check_faults (MKDIR, IN_PLACE), 2);
  cr_expect_eq (check_faults (RENAME, NOTHING), 1);
  cr_expect_eq (check_faults (RENAME, EXCHANGED), 1);
  cr_expect_eq (check_faults (RENAME, IN_PLACE), 3 + 3); /* journals, files */
}

/* ---- What cannot be undone */

/* The folder gets its name, then nothing does; the flush that follows fails. */
static int
first_rename (int folder, const char *from, const char *to, unsigned flags)
{
  if (left[RENAME]++ == 0)
    return fci_io_system.rename (folder, from, to, flags);
  errno = EIO;
  return -1;
}

Test (folders, keeps_a_new_folder_that_cannot_be_undone)
{
  struct fci_io io = fci_io_system;
  io.rename = first_rename;
  io.fsync = faulty_fsync;
  for (int existing = NOTHING; existing <= EXCHANGED; existing++)
    {
      place at;
      captured h;
      set (&at);
      if (existing)
        put_old (&at);
      left[RENAME] = 0;
      left[SYNC] = 3 + 3 + 1;
      cr_assert_eq (convert (&at, in (&at, "out"), &h, FMTCONV_FORCE, &io), FMTCONV_E_IO);
      cr_assert_not_null (strstr (h.text, "could not be withdrawn"), "%s", h.text);
      cr_assert_eq (h.n_details, 1);
      left[SYNC] = 0;
      check_new (&at);
      cr_assert_eq (n_entries (at.path), existing ? 3 : 2);
      cr_assert (!existing || holds (in (&at, "out/vae/mine"), "mine", 4));
      cr_assert_eq (convert (&at, in (&at, "out"), &h, FMTCONV_FORCE, NULL), 0, "%s", h.text);
      cr_assert_eq (n_entries (at.path), 2);
      end (&at);
    }
}

static int renames;

/* The journals and one file get their names, then nothing does. */
static int
failing_rename (int folder, const char *from, const char *to, unsigned flags)
{
  if (++renames <= 4)
    return fci_io_system.rename (folder, from, to, flags);
  errno = EIO;
  return -1;
}

Test (folders, names_what_cannot_be_undone)
{
  struct fci_io io = fci_io_system;
  place at;
  captured h;
  io.rename = failing_rename;
  set (&at);
  put_old (&at);
  mkdir (in (&at, "out/others"), 0777);
  cr_assert_eq (convert (&at, in (&at, "out"), &h, FMTCONV_FORCE, &io), FMTCONV_E_IO);
  cr_assert_not_null (strstr (h.text, "1 new file could not be withdrawn"), "%s", h.text);
  cr_assert_eq (h.n_details, 1);
  cr_assert (inode_of (in (&at, "out/vae/.fmtconv.journal")));
  cr_assert_eq (convert (&at, in (&at, "out"), &h, 0, NULL), FMTCONV_E_OUTPUT); /* finishes, then refuses */
  check_new (&at);
  cr_assert_eq (n_entries (in (&at, "out")), 3);
  cr_assert_eq (n_entries (in (&at, "out/vae")), 3);
  cr_assert (holds (in (&at, "out/vae/mine"), "mine", 4));
  end (&at);
}
