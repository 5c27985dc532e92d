/* tests/abi/account.c: a writer and reader of two files, that leaves out, cuts or repeats tensors as its parameter says.
 * SPDX-License-Identifier: Apache-2.0
 *
 * NAME.acct has a line for each tensor, "NAME FILE OFFSET ROWS COLUMNS", all f32; NAME.acct.data has the bytes.  The
 * reader opens the second file next to the first. */
#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct params
{
  const char *mode;
};

static const fmtconv_param table[] = {
  { "mode", FMTCONV_PARAM_TEXT, offsetof (struct params, mode), "plain",
    "which tensors are written, and how" },
  { 0 },
};

static int
read (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out)
{
  (void) params;
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (in));
  const char *data = fmtconv_ctx_printf (ctx, "%s.data", fmtconv_input_basename (in));
  fmtconv_source *source = fmtconv_input_open (fmtconv_input_child (fmtconv_input_parent (in), data));
  const char *text = fmtconv_cursor_take_text (&c, c.end);
  for (char *line = text ? strtok ((char *) text, "\n") : NULL; line; line = strtok (NULL, "\n"))
    {
      const size_t n = strcspn (line, " ");
      char *at = line + n;
      const uint64_t offset = strtoull (at, &at, 10);
      const uint64_t shape[] = { strtoull (at, &at, 10), strtoull (at, NULL, 10) };
      fmtconv_model_put (out, fmtconv_ctx_printf (ctx, "%.*s", (int) n, line),
                         fmtconv_view_leaf (source, offset, FMTCONV_F32, 2, shape, NULL));
    }
  return fmtconv_ctx_failed (ctx);
}

/* Emits a tensor under a name, whole or in pieces. */
static void
put (fmtconv_file *file, const char *mode, const char *name, const fmtconv_tensor *t)
{
  const unsigned turned[] = { 1, 0 };
  const uint64_t flat[] = { t->shape[0] * t->shape[1] }, rows = t->shape[0], columns = t->shape[1];
  fmtconv_view *view = t->view, *halves[2] = { 0 };
  if (!strncmp (mode, "turned", 6))
    view = fmtconv_view_permute (view, turned);
  else if (!strcmp (mode, "flat"))
    view = fmtconv_view_reshape (view, 1, flat);
  else if (!strcmp (mode, "swapped"))
    view = fmtconv_view_byteswap (view);
  else if (!strcmp (mode, "cast"))
    view = fmtconv_view_cast (view, FMTCONV_BF16);
  else if (!strcmp (mode, "reversed"))
    {
      halves[0] = fmtconv_view_slice (view, 0, rows / 2, rows - rows / 2);
      halves[1] = fmtconv_view_slice (view, 0, 0, rows / 2);
      view = fmtconv_view_concat (0, 2, halves);
    }
  if (!strcmp (mode, "first-rows"))
    view = fmtconv_view_slice (view, 0, 0, rows - 1);
  if (strcmp (mode, "columns") && strcmp (mode, "overlap"))
    {
      fmtconv_file_emit_view (file, name, view);
      return;
    }
  fmtconv_file_emit_view (file, name, fmtconv_view_slice (view, 1, 0, columns / 2));
  const uint64_t from = !strcmp (mode, "overlap") ? 0 : columns / 2;
  fmtconv_file_emit_view (file, name, fmtconv_view_slice (view, 1, from, columns - columns / 2));
}

/* Emits all tensors as one region. */
static void
put_joined (fmtconv_ctx *ctx, fmtconv_file *file, const fmtconv_model *model)
{
  size_t n = 0;
  fmtconv_view **views = fmtconv_ctx_alloc (ctx, fmtconv_model_count (model), sizeof *views);
  FMTCONV_FOREACH (t, model)
    {
      const uint64_t flat[] = { t->shape[0] * t->shape[1] };
      views[n++] = fmtconv_view_reshape (t->view, 1, flat);
    }
  fmtconv_file_emit_view (file, "everything", fmtconv_view_concat (0, n, views));
}

struct files
{
  const char *mode;
  fmtconv_file *names;
  fmtconv_file *data;
  size_t n;         /* tensors so far */
  size_t tied;      /* region of the first tied tensor + 1 */
  uint64_t tied_at; /* its offset */
};

/* Leaves out what the mode says.  Returns 1 if the tensor is done. */
static int
leave_out (fmtconv_layout *out, fmtconv_file *file, const char *mode, size_t i, const fmtconv_tensor *t)
{
  if (!strcmp (mode, "no-view") && i == 1)
    fmtconv_file_emit_view (file, t->name, NULL);
  else if (!strcmp (mode, "no-name") && i == 1)
    fmtconv_file_emit_view (file, NULL, t->view);
  else if (!strcmp (mode, "dropped") && i == 1)
    fmtconv_layout_drop (out, t, "this test leaves it out");
  else if (!strcmp (mode, "no-reason") && i == 1)
    fmtconv_layout_drop (out, t, "");
  else if (!strcmp (mode, "tied-wrong") && i == 1)
    fmtconv_file_emit_tied (file, t->name, 0);
  else if (!strcmp (mode, "first"))
    return i > 0;
  else
    return 0;
  return 1;
}

/* Adds the line of a tensor. */
static void
list (fmtconv_ctx *ctx, fmtconv_file *names, const char *name, uint64_t at, const fmtconv_tensor *t)
{
  const char *line = fmtconv_ctx_printf (ctx, "%s %llu %llu %llu\n", name, (unsigned long long) at,
                                         (unsigned long long) t->shape[0], (unsigned long long) t->shape[1]);
  if (line)
    fmtconv_file_emit (names, line, strlen (line));
}

/* Writes a tensor, or its name alone if its bytes are in the file. */
static void
put_one (fmtconv_ctx *ctx, struct files *f, const fmtconv_model *model, const fmtconv_tensor *t)
{
  const int is_tied = !strncmp (f->mode, "tied", 4) && fmtconv_model_tied (model, t);
  const int is_renamed =
      !strcmp (f->mode, "renamed") || (is_tied && f->tied && !strcmp (f->mode, "tied-renamed"));
  const char *name = is_renamed ? fmtconv_ctx_printf (ctx, "new.%s", t->name) : t->name;
  const uint64_t at = is_tied && f->tied ? f->tied_at : fmtconv_file_size (f->data);
  if (is_tied && f->tied)
    fmtconv_file_emit_tied (f->data, name, f->tied - 1);
  else if (is_tied)
    {
      f->tied_at = at;
      f->tied = fmtconv_file_emit_view (f->data, name, t->view) + 1;
    }
  else if (strcmp (f->mode, "joined"))
    put (f->data, f->mode, name, t);
  if (strcmp (f->mode, "unlisted") || f->n < 3)
    list (ctx, f->names, name, at, t);
}

static int
write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out)
{
  const char *data = fmtconv_ctx_printf (ctx, "%s.data", fmtconv_layout_target (out));
  struct files f = { .mode = ((const struct params *) params)->mode };
  f.names = fmtconv_layout_create (out, NULL);
  f.data = fmtconv_layout_create (out, data);
  if (!strcmp (f.mode, "joined"))
    put_joined (ctx, f.data, model);
  FMTCONV_FOREACH (t, model)
    {
      if (leave_out (out, f.data, f.mode, f.n++, t))
        continue;
      put_one (ctx, &f, model, t);
      if (!strcmp (f.mode, "twice") && f.n == 1)
        put (f.data, f.mode, t->name, t);
    }
  if (!strcmp (f.mode, "phantom"))
    fmtconv_file_emit (f.names, "phantom 0 1 1\n", 14);
  return fmtconv_ctx_failed (ctx);
}

/* A transform that uses all elements, in parts, or not.  The rows of each tensor are cut in two. */
static int
apply (fmtconv_ctx *ctx, const void *params, const fmtconv_model *in, fmtconv_model *out)
{
  const char *mode = ((const struct params *) params)->mode;
  FMTCONV_FOREACH (t, in)
    {
      fmtconv_view *head = fmtconv_view_slice (t->view, 0, 0, 1),
                   *rest = fmtconv_view_slice (t->view, 0, 1, t->shape[0] - 1);
      const int is_first = t == fmtconv_model_next (in, NULL);
      fmtconv_model_put (out, t->name, head);
      if (!strcmp (mode, "overlap") || (!strcmp (mode, "most") && is_first))
        rest = head;
      else if (!strcmp (mode, "part"))
        continue;
      else if (!strcmp (mode, "dropped"))
        fmtconv_model_drop (out, t, "this test leaves a part out");
      if (strcmp (mode, "dropped"))
        fmtconv_model_put (out, fmtconv_ctx_printf (ctx, "%s.rest", t->name),
                           fmtconv_view_cast (rest, FMTCONV_F16));
    }
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (
    account, .name = "account", .summary = "writes two files, with the mistakes that it is told",
    .reader = FMTCONV_READER (.suffixes = ".acct", .read = read),
    .transform = FMTCONV_TRANSFORM (.params = table, .main = "mode=MODE", .apply = apply,
                                    .understands = FMTCONV_FEATURE_TIED),
    .writer = FMTCONV_WRITER (.suffixes = ".acct", .params = table, .main = "mode=MODE",
                              .limits = { .rank = 2, .name_bytes = 100, .understands = FMTCONV_FEATURE_TIED },
                              .write = write));
