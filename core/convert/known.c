/* core/convert/known.c: recognizes files and folders of known formats that no reader reads.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/globs.h"
#include "core/convert/known.h"
#include "core/convert/shell.h"
#include "core/plugin/evidence.h"
#include <string.h>
#include <strings.h>

/* Returns the bytes after white space and a byte order mark. */
static const uint8_t *
skip_space (const fmtconv_peek *peek, size_t *left)
{
  size_t i = peek->head_len >= 3 && !memcmp (peek->head, "\xef\xbb\xbf", 3) ? 3 : 0;
  while (i < peek->head_len && memchr (" \t\r\n", peek->head[i], 4))
    i++;
  *left = peek->head_len - i;
  return peek->head + i;
}

static bool
has_magic (const fci_known *known, const fmtconv_peek *peek)
{
  if (!known->n)
    return true;
  size_t left = peek->head_len;
  if (known->is_text)
    {
      const uint8_t *text = skip_space (peek, &left);
      return left >= known->n && strncasecmp ((const char *) text, known->magic, known->n) == 0;
    }
  const size_t at = (size_t) (known->at < 0 ? -known->at : known->at);
  if (known->at < 0)
    return peek->tail_len >= at && memcmp (peek->tail + peek->tail_len - at, known->magic, known->n) == 0;
  return left >= at + known->n && memcmp (peek->head + at, known->magic, known->n) == 0;
}

static bool
has_entry (const fmtconv_peek *peek, const char *glob)
{
  for (size_t i = 0; i < peek->n_entries; i++)
    if (fmtconv_glob_match (glob, peek->entries[i]))
      return true;
  return false;
}

/* Returns whether a folder has an entry for each of the globs. */
static bool
has_entries (const fmtconv_peek *peek, const char *globs)
{
  char glob[FCI_GLOB_SIZE];
  bool all = true;
  while (all && fci_globs_next (&globs, glob))
    all = has_entry (peek, glob);
  return all;
}

bool
fci_known_has_name (const fci_known *known, const fmtconv_peek *peek)
{
  return !known->is_folder && fci_globs_match (known->names, peek->base);
}

static bool
matches (const fci_known *known, const fmtconv_peek *peek)
{
  if (known->is_folder != (peek->is_folder != 0))
    return false;
  if (known->is_folder)
    return has_entries (peek, known->names);
  const bool by_name = !known->n && !known->inside;
  return has_magic (known, peek) && (!known->inside || fci_peek_has_text (peek, known->inside))
         && ((!by_name && !known->needs_name) || fci_known_has_name (known, peek));
}

const fci_known *
fci_known_find (const fmtconv_peek *peek)
{
  const fci_known *best = NULL;
  for (size_t i = 0; i < fci_known_rows; i++)
    if ((!best || fci_known_table[i].bits > best->bits) && matches (&fci_known_table[i], peek))
      best = &fci_known_table[i];
  return best;
}

/* Returns the hint with the path in place of FILE. */
static const char *
fill_in (fmtconv_ctx *ctx, const char *hint, const char *path)
{
  const char *at;
  for (size_t done = 0; (at = strstr (hint + done, "FILE")) != NULL;)
    {
      const char *word = fci_shell_path (ctx, path);
      done = (size_t) (at - hint) + strlen (word);
      hint = fmtconv_ctx_printf (ctx, "%.*s%s%s", (int) (at - hint), hint, word, at + 4);
      if (!hint)
        return NULL;
    }
  return hint;
}

int
fci_known_refuse (fmtconv_ctx *ctx, const fmtconv_peek *peek, const fci_known *known)
{
  const fmtconv_where where = { .hint = fill_in (ctx, known->hint, peek->path) };
  if (known->is_placeholder)
    return fci_fail_file (ctx, FMTCONV_E_FORMAT, peek->path, &where, "%s, not a checkpoint", known->what);
  return fci_fail_file (ctx, FMTCONV_E_UNSUPPORTED, peek->path, &where,
                        "this is %s, which no installed reader reads", known->what);
}

int
fci_refuse_placeholder (fmtconv_ctx *ctx, const fmtconv_peek *peek)
{
  static const fmtconv_where where = { .hint = "saving or copying it did not finish: save or copy it again" };
  if (ctx->failed || !peek || peek->is_folder)
    return ctx->failed;
  if (!peek->size)
    return fci_fail_file (ctx, FMTCONV_E_FORMAT, peek->path, &where, "the file is empty");
  const fci_known *known = fci_known_find (peek);
  return known && known->is_placeholder ? fci_known_refuse (ctx, peek, known) : 0;
}
