/* cli/plugin-test/reader.c: tests of a reader with a sample: what it says, and what it says of damaged copies.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugin-test.h"
#include <dirent.h>
#include <fmtconv/checkpoint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum
{
  ALL = 4096,   /* files up to this size are cut at every length */
  STEPS = 1500, /* cuts, and flipped bits, of larger files */
  FILES = 64
};

/* The sample, and what lies next to it under names that begin with its own. */
struct sample
{
  const char *path;
  const char *base;
  char *name[FILES]; /* the first is the sample */
  unsigned char *bytes[FILES];
  size_t n[FILES];
  size_t files;
};

/* Returns the reader with the parameters, which are the writer's or transform's if there is one. */
static const char *
reader_spec (const struct tester *t)
{
  return t->is_writer || t->is_transform ? t->name : plugin_spec (t);
}

/* Returns the report of fmtconv inspect as text; NULL: an error.  The caller frees it. */
static char *
inspect (struct tester *t, const char *path, const char *reader)
{
  fmtconv_ctx *ctx = quiet_ctx (t, FMTCONV_LIST, 0);
  fmtconv_attr *found = ctx ? fmtconv_inspect (ctx, path, reader) : NULL;
  const char *text = found ? fmtconv_attr_json_text (found, 0) : NULL;
  char *copy = text ? strdup (text) : NULL;
  fmtconv_ctx_free (ctx);
  return copy;
}

static void
detect (struct tester *t, void *arg)
{
  fmtconv_ctx *ctx = quiet_ctx (t, 0, 0);
  fmtconv_attr *found = ctx ? fmtconv_inspect (ctx, arg, NULL) : NULL;
  const char *format = found ? fmtconv_attr_get_string (found, "format", "") : "";
  if (!found)
    complain (t, "the sample is not recognized");
  else if (strcmp (format, t->name))
    complain (t, "the reader '%s' has the higher bid", format);
}

static void
read_twice (struct tester *t, void *arg)
{
  char *a = inspect (t, arg, reader_spec (t)), *b = a ? inspect (t, arg, reader_spec (t)) : NULL;
  if (!a || !b)
    complain (t, "the sample is not read");
  else if (strcmp (a, b))
    complain (t, "the second time the reader says something else");
  free (a);
  free (b);
}

static void
convert_twice (struct tester *t, void *arg)
{
  const char *const plugins[] = { reader_spec (t), NULL, "safetensors" };
  const char *out[] = { tmp_path (t, "one.safetensors"), tmp_path (t, "eight.safetensors") };
  for (unsigned i = 0; i < 2; i++)
    {
      now_at (t, "conversion to safetensors with %d threads", i ? 8 : 1);
      if (!convert (t, i ? 8 : 1, FMTCONV_VERIFY, plugins, arg, out[i]))
        complain (t, "it fails");
    }
  if (!same_files (out[0], out[1]))
    complain (t, "the outputs differ");
}

/* Returns whether the reader takes a file.  Unlike an inspection this does not compare its tensors with all known models, which
 * takes longer than the reader. */
static bool
is_read (struct tester *t, const char *path)
{
  fmtconv_ctx *ctx = quiet_ctx (t, 0, 0);
  const fmtconv_open_options options = { .struct_size = sizeof options,
                                         .path = path,
                                         .reader = reader_spec (t) };
  const fmtconv_checkpoint *read = ctx ? fmtconv_checkpoint_open (ctx, &options) : NULL;
  const bool good = read && fmtconv_checkpoint_describe (read);
  fmtconv_ctx_free (ctx);
  return good;
}

/* Puts the damaged bytes of one file in place of it, and reads the sample. */
static void
try (struct tester *t, const struct sample *s, const unsigned char *bytes, size_t i, size_t n)
{
  char path[PATH_MAX];
  snprintf (path, sizeof path, "%s/damaged/%s", t->tmp, s->name[i]);
  if (!put_bytes (path, bytes, n))
    complain (t, "cannot write %s", path);
  snprintf (path, sizeof path, "%s/damaged/%s", t->tmp, s->base);
  const bool good = is_read (t, path);
  if (!good)
    t->outcome->refused++;
  if (!good && !t->outcome->code)
    complain (t, "the reader fails without a message");
  else if (!good && !is_plain_error (t))
    complain (t, "the reader fails with an internal error");
}

/* Writes the files as they are. */
static void
restore (struct tester *t, const struct sample *s)
{
  char path[PATH_MAX];
  for (size_t i = 0; i < s->files; i++)
    {
      snprintf (path, sizeof path, "%s/damaged/%s", t->tmp, s->name[i]);
      put_bytes (path, s->bytes[i], s->n[i]);
    }
}

/* Returns the k-th of the lengths to which a file of n bytes is cut; dense at both ends. */
static size_t
length_of (size_t k, size_t n)
{
  if (n <= ALL)
    return k;
  const size_t third = STEPS / 3;
  return k < third       ? k
         : k < 2 * third ? n - 1 - (k - third)
                         : third + (n - 2 * third) / third * (k - 2 * third);
}

static void
truncate_all (struct tester *t, void *arg)
{
  const struct sample *s = arg;
  restore (t, s);
  for (size_t i = 0; i < s->files; i++)
    {
      const size_t cuts = s->n[i] <= ALL ? s->n[i] : STEPS;
      for (size_t k = 0; k < cuts && !*t->outcome->wrong; k++)
        {
          now_at (t, "the first %zu of %zu bytes of %s", length_of (k, s->n[i]), s->n[i], s->name[i]);
          try (t, s, s->bytes[i], i, length_of (k, s->n[i]));
        }
      restore (t, s);
    }
}

static void
flip_all (struct tester *t, void *arg)
{
  const struct sample *s = arg;
  restore (t, s);
  for (size_t i = 0; i < s->files; i++)
    {
      const size_t flips = s->n[i] <= ALL ? s->n[i] : STEPS;
      for (size_t k = 0; k < flips && !*t->outcome->wrong; k++)
        {
          const size_t at = length_of (k, s->n[i]);
          const unsigned char bit = (unsigned char) (1 << (at + k / 7) % 8);
          now_at (t, "bit %d of byte %zu of %s flipped", bit, at, s->name[i]);
          s->bytes[i][at] ^= bit;
          try (t, s, s->bytes[i], i, s->n[i]);
          s->bytes[i][at] ^= bit;
        }
      restore (t, s);
    }
}

/* Adds a file of the sample's folder. */
static void
add_file (struct sample *s, const char *folder, const char *name)
{
  char path[PATH_MAX];
  if (s->files == FILES || snprintf (path, sizeof path, "%s/%s", folder, name) >= PATH_MAX)
    return;
  s->bytes[s->files] = get_bytes (path, &s->n[s->files]);
  s->name[s->files] = s->bytes[s->files] ? strdup (name) : NULL;
  s->files += s->name[s->files] != NULL;
}

static void
take_sample (struct tester *t, const char *path, struct sample *s)
{
  char folder[PATH_MAX];
  const char *slash = strrchr (path, '/');
  snprintf (folder, sizeof folder, "%.*s", slash ? (int) (slash - path) : 1, slash ? path : ".");
  *s = (struct sample){ .path = path, .base = slash ? slash + 1 : path };
  add_file (s, *folder ? folder : "/", s->base);
  DIR *dir = opendir (*folder ? folder : "/");
  for (const struct dirent *entry; dir && (entry = readdir (dir));)
    if (!strncmp (entry->d_name, s->base, strlen (s->base)) && strcmp (entry->d_name, s->base))
      add_file (s, folder, entry->d_name);
  if (dir)
    closedir (dir);
  remove_all (tmp_path (t, "damaged"));
  mkdir (tmp_path (t, "damaged"), 0700);
}

static void
test_sample (struct tester *t, const char *path)
{
  struct sample s;
  struct stat st;
  report_child (t, detect, (void *) path, "the sample is recognized");
  if (!report_child (t, read_twice, (void *) path, "the reader says the same of the sample twice"))
    return;
  report_child (t, convert_twice, (void *) path, "1 and 8 threads make the same safetensors file, verified");
  if (stat (path, &st) || !S_ISREG (st.st_mode))
    {
      report_skip (t, "damaged samples are refused", "the sample is a folder");
      return;
    }
  take_sample (t, path, &s);
  report_child (t, truncate_all, &s, "truncated samples are read or refused");
  report_child (t, flip_all, &s, "samples with a flipped bit are read or refused");
  for (size_t i = 0; i < s.files; i++)
    {
      free (s.name[i]);
      free (s.bytes[i]);
    }
}

void
test_reader (struct tester *t)
{
  if (!sample_of (t, 0))
    report_skip (t, "the reader reads a sample", "no --sample FILE");
  for (size_t i = 0; sample_of (t, i); i++)
    {
      if (t->s->n_samples > 1)
        printf ("# sample %s\n", sample_of (t, i));
      test_sample (t, sample_of (t, i));
    }
}
