/* core/convert/provenance.c: what an output was made from, and how, as metadata of the output.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nothing depends on time, machine or folders, so that the same input, chain and version give the same bytes. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/text.h"
#include "core/convert/chain.h"
#include "core/convert/provenance.h"
#include "core/kernel/sha256.h"
#include "core/model/model.h"
#include "core/source/disk.h"
#include "core/view/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION_KEY "fmtconv_version"
#define CHAIN_KEY "fmtconv_chain"
#define SOURCES_KEY "fmtconv_sources"
#define PLAN_KEY "fmtconv_plan"

enum
{
  STEP = 256 << 10 /* bytes that are read at once */
};

/* Computes the digest of a file.  Returns 0 or a code. */
static int
hash (const fci_disk_file *disk, uint8_t *buffer, char digest[FCI_SHA256_TEXT])
{
  const fmtconv_source *source = disk->whole;
  fci_sha256 sha;
  fci_sha256_begin (&sha);
  for (uint64_t at = 0, n; at < source->size; at += n)
    {
      n = source->size - at < STEP ? source->size - at : STEP;
      if (fci_check_cancel (source->ctx) || fci_source_load (source, at, buffer, (size_t) n))
        return fmtconv_ctx_failed (source->ctx);
      fci_sha256_add (&sha, buffer, (size_t) n);
    }
  fci_sha256_end (&sha, digest);
  return 0;
}

/* Returns the line of a file as sha256sum prints it, with its last name alone. */
static const char *
line_of (const fci_disk_file *disk, uint8_t *buffer)
{
  fmtconv_ctx *ctx = disk->whole->ctx;
  const char *slash = strrchr (disk->path, '/'), *base = slash ? slash + 1 : disk->path;
  char digest[FCI_SHA256_TEXT];
  memset (digest, '0', sizeof digest);
  if (!(ctx->options.flags & FMTCONV_DRY_RUN) && hash (disk, buffer, digest))
    return NULL;
  const char *name = fci_escape (ctx, base, strlen (base));
  return name ? fmtconv_ctx_printf (ctx, "%.*s  %s", (int) sizeof digest, digest, name) : NULL;
}

static int
by_text (const void *a, const void *b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Fills in the lines of all inputs.  Returns 0 or a code. */
static int
list_inputs (const struct fci_sources *sources, fmtconv_attr *list, const char **lines, uint8_t *buffer)
{
  size_t n = 0;
  for (const fci_disk_file *disk = sources->disks; disk; disk = disk->next)
    if (fci_disk_is_input (disk) && !(lines[n++] = line_of (disk, buffer)))
      return fmtconv_ctx_failed (list->ctx);
  if (n)
    qsort (lines, n, sizeof *lines, by_text);
  for (size_t i = 0; i < n; i++)
    fmtconv_attr_set_string (list, NULL, lines[i]);
  return fmtconv_ctx_failed (list->ctx);
}

/* Returns the lines of all inputs as a list in JSON, sorted.  NULL: an error was recorded. */
static const char *
sources_text (fmtconv_ctx *ctx)
{
  const struct fci_sources *sources = fci_sources_of (ctx);
  fmtconv_attr *list = fmtconv_attr_literal (ctx, "[]");
  size_t n = 0;
  for (const fci_disk_file *disk = sources ? sources->disks : NULL; disk; disk = disk->next)
    n++;
  const char **lines = fmtconv_ctx_alloc (ctx, n + 1, sizeof *lines);
  uint8_t *buffer = fmtconv_ctx_alloc (ctx, 1, STEP);
  if (!sources || !list || !lines || !buffer || list_inputs (sources, list, lines, buffer))
    return NULL;
  return fmtconv_attr_json_text (list, 0);
}

/* Updates the digest with a tensor: its name, and what its bytes are made of. */
static bool
add_tensor (fci_sha256 *sha, FILE *stream, char *const *text, const fmtconv_tensor *tensor)
{
  if (fseeko (stream, 0, SEEK_SET) != 0)
    return false;
  fci_view_print (stream, tensor->view);
  if (fflush (stream) != 0 || ferror (stream))
    return false;
  const off_t n = ftello (stream);
  fci_sha256_add (sha, (const uint8_t *) tensor->name, strlen (tensor->name) + 1);
  fci_sha256_add (sha, (const uint8_t *) *text, (size_t) n);
  fci_sha256_add (sha, (const uint8_t *) "", 1);
  return true;
}

/* Returns the SHA-256 of what every tensor of the model is made of.  NULL: an error was recorded. */
static const char *
plan_text (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  char digest[FCI_SHA256_TEXT], *text = NULL;
  size_t size = 0;
  FILE *stream = open_memstream (&text, &size);
  bool ok = stream;
  fci_sha256 sha;
  fci_sha256_begin (&sha);
  for (size_t i = 0; ok && i < fmtconv_model_count (model); i++)
    ok = add_tensor (&sha, stream, &text, fci_model_tensor (model, i));
  fci_sha256_end (&sha, digest);
  ok = stream && fclose (stream) == 0 && ok;
  free (text);
  return ok ? fmtconv_ctx_printf (ctx, "%.*s", (int) sizeof digest, digest) : fci_nomem (ctx);
}

static void
remove_old (fmtconv_attr *attrs)
{
  fmtconv_attr *metadata = fmtconv_attr_get (attrs, "metadata");
  if (!metadata || !fmtconv_attr_get (metadata, VERSION_KEY))
    return;
  fmtconv_attr_unset (metadata, VERSION_KEY);
  fmtconv_attr_unset (metadata, CHAIN_KEY);
  fmtconv_attr_unset (metadata, SOURCES_KEY);
  fmtconv_attr_unset (metadata, PLAN_KEY);
  if (!metadata->first)
    fmtconv_attr_unset (attrs, "metadata");
}

int
fci_provenance_put (fci_conversion *c, const char **sources)
{
  const bool is_wanted = c->ctx->options.flags & FMTCONV_PROVENANCE;
  if (is_wanted && !*sources)
    *sources = sources_text (c->ctx);
  const char *chain = is_wanted ? fci_chain_options (c) : NULL;
  FCI_FOREACH_LEAF (leaf, c->model)
    {
      fmtconv_attr *attrs = fmtconv_model_attrs (leaf);
      remove_old (attrs);
      if (!is_wanted || !fmtconv_model_count (leaf))
        continue;
      fmtconv_attr *metadata = fmtconv_attr_make (attrs, "metadata");
      fmtconv_attr_set_string (metadata, VERSION_KEY, fmtconv_version ());
      fmtconv_attr_set_string (metadata, CHAIN_KEY, chain);
      fmtconv_attr_set_string (metadata, SOURCES_KEY, *sources);
      fmtconv_attr_set_string (metadata, PLAN_KEY, plan_text (c->ctx, leaf));
    }
  return c->ctx->failed;
}
