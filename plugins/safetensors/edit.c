/* plugins/safetensors/edit.c: changes the metadata and the names of a file; its tensors' bytes stay.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is not changed keeps its text, order and blanks included.  Blanks at the end of the header are room for later
 * changes: where the header becomes longer, it grows by a multiple of PAGE, so that the bytes of the tensors keep their
 * place in the pages of the file system, which can then share them. */
#include "config.h"

#include "edit.h"

#include "plugins/common/index.h"
#include <string.h>

enum
{
  PAGE = 4096,
  LOCAL = 512 /* bytes of a text that blanks replace: a larger one makes room at the end instead */
};

/* Returns whether the file is one that can be edited. */
static int
check_input (fmtconv_ctx *ctx, fmtconv_input *in)
{
  if (!index_is_name (fmtconv_input_basename (in), ".safetensors"))
    return 0;
  return fmtconv_fail_at (
      ctx, FMTCONV_E_UNSUPPORTED,
      &(fmtconv_where){ .hint = "edit the files that it names; -t rename changes names of tensors in all" },
      "this is the index of a split model, and a single file is edited");
}

static int
read_header (fmtconv_ctx *ctx, fmtconv_input *in, struct safetensors_header *h)
{
  fmtconv_source *source = fmtconv_input_open (in);
  fmtconv_cursor c = fmtconv_cursor_start (source);
  *h = (struct safetensors_header){ .ctx = ctx,
                                    .base = fmtconv_input_basename (in),
                                    .metadata_at = SAFETENSORS_NOWHERE,
                                    .added = "",
                                    .patch = { .ctx = ctx, .source = source } };
  h->n = (size_t) fmtconv_cursor_take_le (&c, 8);
  h->text = fmtconv_cursor_take (&c, h->n);
  if (!h->text || safetensors_find_members (h, 0, &h->all))
    return fmtconv_ctx_failed (ctx);
  h->metadata_at = safetensors_find (h, &h->all, SAFETENSORS_METADATA);
  const struct safetensors_member *m =
      h->metadata_at != SAFETENSORS_NOWHERE ? &h->all.item[h->metadata_at] : NULL;
  return m && h->text[m->value] == '{' ? safetensors_find_members (h, m->value, &h->metadata)
                                       : fmtconv_ctx_failed (ctx);
}

void
safetensors_replace (struct safetensors_header *h, size_t from, size_t to, const char *text)
{
  const size_t n = text ? strlen (text) : 0;
  size_t end = to;
  while (end < h->n && end - from < n && strchr (" \t\r\n", h->text[end]) && h->text[end])
    end++;
  if (end - from < n)
    end = to; /* the blanks do not suffice: all after it moves */
  if (n < end - from && end - from <= LOCAL)
    text = fmtconv_ctx_printf (h->ctx, "%s%*s", text, (int) (end - from - n), "");
  if (text)
    patch_put (&h->patch, 8 + from, 8 + end, text, strlen (text));
}

static int
set (struct safetensors_header *h, const fmtconv_change *change)
{
  const size_t i = safetensors_find (h, &h->metadata, change->name);
  const char *value = safetensors_quote (h->ctx, change->value);
  if (i == SAFETENSORS_NOWHERE)
    {
      const char *key =
          safetensors_check_name (h, change->name) ? NULL : safetensors_quote (h->ctx, change->name);
      h->added = key && value
                     ? fmtconv_ctx_printf (h->ctx, "%s%s%s:%s", h->added, *h->added ? "," : "", key, value)
                     : h->added;
      patch_say (&h->patch,
                 fmtconv_ctx_printf (h->ctx, "metadata '%s' is added: '%s'", change->name, change->value));
      return fmtconv_ctx_failed (h->ctx);
    }
  const struct safetensors_member *m = &h->metadata.item[i];
  const char *old = safetensors_string (h, m->value, m->value_end);
  if (!old || !value || !strcmp (old, change->value))
    return fmtconv_ctx_failed (h->ctx);
  safetensors_replace (h, m->value, m->value_end, value);
  patch_say (&h->patch, fmtconv_ctx_printf (h->ctx, "metadata '%s': '%s' becomes '%s'", change->name, old,
                                            change->value));
  return fmtconv_ctx_failed (h->ctx);
}

static int
unset (struct safetensors_header *h, const fmtconv_change *change)
{
  const size_t i = safetensors_find (h, &h->metadata, change->name);
  if (i == SAFETENSORS_NOWHERE)
    return fmtconv_fail_at (h->ctx, FMTCONV_E_MISSING,
                            &(fmtconv_where){ .source = h->patch.source,
                                              .offset = 8,
                                              .hint = "'fmtconv inspect' shows the metadata" },
                            "there is no metadata entry '%s' to remove", change->name);
  h->metadata.item[i].dropped = 1;
  patch_say (&h->patch, fmtconv_ctx_printf (h->ctx, "metadata '%s' is removed", change->name));
  return 0;
}

/* Frees the old names of all renamed tensors and entries. */
static void
free_names (struct safetensors_header *h, const fmtconv_change *changes, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (changes[i].kind == FMTCONV_CHANGE_RENAME)
      safetensors_free_name (h, &changes[i]);
}

/* Makes the changes of one kind. */
static int
make_changes (struct safetensors_header *h, const fmtconv_change *changes, size_t n, size_t kind)
{
  for (size_t i = 0; i < n && !fmtconv_ctx_failed (h->ctx); i++)
    if (changes[i].kind == kind)
      kind == FMTCONV_CHANGE_SET     ? set (h, &changes[i])
      : kind == FMTCONV_CHANGE_UNSET ? unset (h, &changes[i])
                                     : safetensors_rename (h, &changes[i]);
  return fmtconv_ctx_failed (h->ctx);
}

/* Checks that an added entry does not have the new name of another. */
static int
check_added (const struct safetensors_header *h, const fmtconv_change *changes, size_t n)
{
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < h->metadata.n && changes[i].kind == FMTCONV_CHANGE_SET; k++)
      if (h->metadata.item[k].renamed && !strcmp (h->metadata.item[k].renamed, changes[i].name))
        return fmtconv_fail (h->ctx, FMTCONV_E_USAGE, "two changes make a metadata entry '%s'",
                             changes[i].name);
  return 0;
}

/* Removes the dropped entries, each run of them with the commas that it leaves over. */
static void
remove_dropped (struct safetensors_header *h)
{
  const struct safetensors_members *in = &h->metadata;
  for (size_t i = 0, end; i < in->n; i = end)
    {
      for (end = i; end < in->n && in->item[end].dropped; end++)
        ;
      if (end == i)
        end++;
      else if (end < in->n)
        safetensors_replace (h, in->item[i].key, in->item[end].key, "");
      else
        safetensors_replace (h, i ? in->item[i - 1].next : in->item[i].key, in->item[end - 1].value_end, "");
    }
}

static int
has_kept (const struct safetensors_members *in)
{
  for (size_t i = 0; i < in->n; i++)
    if (!in->item[i].dropped)
      return 1;
  return 0;
}

/* Adds the new entries, with the metadata if there are none yet. */
static void
put_added (struct safetensors_header *h)
{
  if (!*h->added)
    return;
  size_t from = h->metadata.close, to = from;
  const char *text = NULL;
  if (h->metadata_at == SAFETENSORS_NOWHERE)
    {
      text =
          fmtconv_ctx_printf (h->ctx, "\"" SAFETENSORS_METADATA "\":{%s}%s", h->added, h->all.n ? "," : "");
      from = to = h->all.open + 1;
    }
  else if (h->metadata.close == 0) /* null */
    {
      text = fmtconv_ctx_printf (h->ctx, "{%s}", h->added);
      from = h->all.item[h->metadata_at].value;
      to = h->all.item[h->metadata_at].value_end;
    }
  else
    text = fmtconv_ctx_printf (h->ctx, "%s%s", has_kept (&h->metadata) ? "," : "", h->added);
  if (text)
    patch_put (&h->patch, 8 + from, 8 + to, text, strlen (text));
}

static void
put_blanks (fmtconv_file *out, uint64_t n)
{
  char blanks[PAGE];
  memset (blanks, ' ', sizeof blanks);
  for (uint64_t step; n; n -= step)
    {
      step = n < sizeof blanks ? n : sizeof blanks;
      fmtconv_file_emit (out, blanks, (size_t) step);
    }
}

static int
emit (struct safetensors_header *h, fmtconv_file *out)
{
  const uint64_t end = fmtconv_source_size (h->patch.source), data = 8 + h->n,
                 text_end = 8 + h->all.close + 1;
  if (patch_sort (&h->patch))
    return fmtconv_ctx_failed (h->ctx);
  const uint64_t text = patch_size (&h->patch, 8, text_end);
  const uint64_t size = text <= h->n ? h->n : h->n + ((text - h->n + PAGE - 1) & ~(uint64_t) (PAGE - 1));
  if (size > SAFETENSORS_MAX_HEADER)
    return fmtconv_fail_at (h->ctx, FMTCONV_E_LIMIT,
                            &(fmtconv_where){ .source = h->patch.source, .hint = "make the values shorter" },
                            "the header would have %llu bytes, more than the format's limit of %d",
                            (unsigned long long) size, SAFETENSORS_MAX_HEADER);
  if (h->patch.n)
    {
      fmtconv_file_emit_le (out, 8, size);
      patch_emit (&h->patch, out, 8, text_end);
      put_blanks (out, size - text);
      patch_emit (&h->patch, out, data, end);
    }
  else
    patch_emit (&h->patch, out, 0, end);
  patch_tell (&h->patch);
  return fmtconv_ctx_failed (h->ctx);
}

int
safetensors_edit (fmtconv_ctx *ctx, const fmtconv_change *changes, size_t n, fmtconv_input *in,
                  fmtconv_file *out)
{
  struct safetensors_header h;
  if (check_input (ctx, in) || read_header (ctx, in, &h))
    return fmtconv_ctx_failed (ctx);
  free_names (&h, changes, n);
  /* What is removed comes first: its name is free then. */
  if (make_changes (&h, changes, n, FMTCONV_CHANGE_UNSET)
      || make_changes (&h, changes, n, FMTCONV_CHANGE_RENAME)
      || make_changes (&h, changes, n, FMTCONV_CHANGE_SET) || check_added (&h, changes, n))
    return fmtconv_ctx_failed (ctx);
  remove_dropped (&h);
  put_added (&h);
  return fmtconv_ctx_failed (ctx) ? fmtconv_ctx_failed (ctx) : emit (&h, out);
}
