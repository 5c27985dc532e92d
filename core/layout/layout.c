/* core/layout/layout.c: the regions that writers put into their files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/argument.h"
#include "core/base/ctx.h"
#include "core/base/size.h"
#include "core/kernel/sha256.h"
#include "core/layout/layout.h"
#include "core/source/source.h"
#include "core/view/inspect.h"
#include <string.h>

/* Appends a region of `size` bytes to the file.  NULL: an error was recorded. */
static fci_region *
append (fmtconv_file *file, fci_region_kind kind, uint64_t size)
{
  fmtconv_ctx *ctx = file->layout->ctx;
  uint64_t end;
  if (file->layout->frozen)
    {
      fmtconv_fail (ctx, FMTCONV_E_INTERNAL, "bytes were added after the layout was closed");
      return NULL;
    }
  if (!fci_size_add (file->size, size, &end) || end > INT64_MAX)
    {
      fmtconv_fail (ctx, FMTCONV_E_LIMIT, "output file '%s' exceeds the maximum file size", file->name);
      return NULL;
    }
  fci_region *region = fci_slab_new (ctx, &ctx->arena, &file->made, sizeof *region);
  if (!region)
    return NULL;
  region->kind = kind;
  region->at = file->size;
  region->size = size;
  if (file->last)
    file->last->next = region;
  else
    file->first = region;
  file->last = region;
  file->size = end;
  file->n_regions++;
  return region;
}

static bool
is_open (const fmtconv_file *file)
{
  return file && !fmtconv_ctx_failed (file->layout->ctx);
}

/* Returns whether a call can begin; NULL as that argument is an error. */
static bool
has_argument (const fmtconv_file *file, const char *call, const char *name, const void *argument)
{
  return file && fci_has_argument (file->layout->ctx, call, name, argument);
}

/* Returns the number of the last region. */
static size_t
last_number (const fmtconv_file *file)
{
  return file->n_regions ? file->n_regions - 1 : 0;
}

size_t
fmtconv_file_emit (fmtconv_file *file, const void *bytes, size_t n)
{
  if (!is_open (file) || (n && !has_argument (file, "fmtconv_file_emit", "bytes", bytes)))
    return 0;
  fci_region *region = append (file, FCI_REGION_LITERAL, n);
  uint8_t *copy = region ? fmtconv_ctx_alloc (file->layout->ctx, n, 1) : NULL;
  if (copy && n)
    memcpy (copy, bytes, n);
  if (copy)
    region->u.bytes = copy;
  return last_number (file);
}

/* Makes the last region longer by n zeros, if it holds bytes and has room.  Returns these, or NULL. */
static uint8_t *
extend (fmtconv_file *file, size_t n)
{
  fci_region *last = file->last;
  const uint8_t *bytes = last && !fmtconv_ctx_failed (file->layout->ctx) ? fci_region_bytes (last) : NULL;
  uint64_t end;
  if (!bytes || !fci_size_add (file->size, n, &end) || end > INT64_MAX
      || !fci_arena_extend (&file->layout->ctx->arena, bytes, (size_t) last->size, n))
    return NULL;
  uint8_t *more = (uint8_t *) bytes + last->size;
  last->size += n;
  file->size = end;
  return more;
}

void
fci_file_emit_more (fmtconv_file *file, const void *bytes, size_t n)
{
  uint8_t *more = extend (file, n);
  if (more)
    memcpy (more, bytes, n);
  else
    fmtconv_file_emit (file, bytes, n);
}

void
fmtconv_file_emit_le (fmtconv_file *file, unsigned bytes, uint64_t value)
{
  uint8_t le[8];
  if (!is_open (file))
    return;
  if (bytes < 1 || bytes > 8 || (bytes < 8 && value >> (8 * bytes)))
    {
      fmtconv_fail (file->layout->ctx, FMTCONV_E_INTERNAL, "%llu does not fit in %u bytes",
                    (unsigned long long) value, bytes);
      return;
    }
  for (unsigned i = 0; i < bytes; i++)
    le[i] = (uint8_t) (value >> (8 * i));
  fmtconv_file_emit (file, le, bytes);
}

void
fmtconv_file_emit_json (fmtconv_file *file, fmtconv_attr *node, int pretty)
{
  const char *text = has_argument (file, "fmtconv_file_emit_json", "node", node)
                         ? fmtconv_attr_json_text (node, pretty)
                         : NULL;
  if (!text)
    return;
  fmtconv_file_emit (file, text, strlen (text));
  if (pretty)
    fmtconv_file_emit (file, "\n", 1);
}

size_t
fmtconv_file_emit_view (fmtconv_file *file, const char *name, fmtconv_view *view)
{
  if (!has_argument (file, "fmtconv_file_emit_view", "name", name)
      || !has_argument (file, "fmtconv_file_emit_view", "view", view))
    return 0;
  const char *copy = fci_strdup (file->layout->ctx, name);
  fci_region *region = copy ? append (file, FCI_REGION_TENSOR, fci_view_bytes (view)) : NULL;
  if (!region)
    return 0;
  region->u.tensor.name = copy;
  region->u.tensor.view = view;
  file->n_tensors++;
  return last_number (file);
}

/* Checks that n numbers from `region` on refer to earlier regions; their kinds are checked when the layout is frozen. */
static bool
are_earlier (const fmtconv_file *file, size_t region, size_t n)
{
  if (region < file->n_regions && n <= file->n_regions - region)
    return true;
  fmtconv_fail (file->layout->ctx, FMTCONV_E_INTERNAL, "'%s' has no region %zu yet", file->name,
                region < file->n_regions ? file->n_regions : region);
  return false;
}

void
fmtconv_file_emit_tied (fmtconv_file *file, const char *name, size_t region)
{
  if (!has_argument (file, "fmtconv_file_emit_tied", "name", name) || !are_earlier (file, region, 1))
    return;
  const char *copy = fci_strdup (file->layout->ctx, name);
  fci_region *tied = copy ? append (file, FCI_REGION_TIED, 0) : NULL;
  if (!tied)
    return;
  tied->u.tensor.name = copy;
  tied->u.tensor.number = region;
  file->n_tensors++;
  file->n_references++;
}

fci_region *
fci_file_emit_digest (fmtconv_file *file)
{
  fci_region *digest = is_open (file) ? append (file, FCI_REGION_DIGEST, FCI_CRC32_BYTES) : NULL;
  uint8_t *bytes = digest ? fmtconv_ctx_alloc (file->layout->ctx, FCI_CRC32_BYTES, 1) : NULL;
  if (!bytes)
    return NULL;
  digest->u.digest.bytes = bytes;
  file->n_references++;
  return digest;
}

fci_region *
fci_file_emit_digest_more (fmtconv_file *file)
{
  fci_region *last = file ? file->last : NULL;
  const uint64_t hole = last ? last->size : 0;
  if (!last || last->kind != FCI_REGION_LITERAL || !extend (file, FCI_CRC32_BYTES))
    return fci_file_emit_digest (file);
  const uint8_t *bytes = last->u.bytes;
  last->kind = FCI_REGION_DIGEST;
  last->u.digest.bytes = bytes;
  last->u.digest.hole = (size_t) hole;
  file->n_references++;
  return last;
}

void
fmtconv_file_emit_digest (fmtconv_file *file, int kind, size_t region, size_t n)
{
  if (!is_open (file) || !are_earlier (file, region, n))
    return;
  if (kind != FMTCONV_DIGEST_CRC32)
    {
      fmtconv_fail (file->layout->ctx, FMTCONV_E_INTERNAL, "%d is not a digest kind", kind);
      return;
    }
  fci_region *digest = fci_file_emit_digest (file);
  if (!digest)
    return;
  digest->u.digest.number = region;
  digest->u.digest.n = n;
}

fci_region *
fci_file_emit_sha256 (fmtconv_file *file, const fmtconv_file *hashed)
{
  fci_region *digest = is_open (file) ? append (file, FCI_REGION_SHA256, FCI_SHA256_TEXT) : NULL;
  if (!digest)
    return NULL;
  digest->u.hashed = hashed;
  file->n_hashes++;
  return digest;
}

void
fmtconv_file_emit_source (fmtconv_file *file, fmtconv_source *source)
{
  if (!has_argument (file, "fmtconv_file_emit_source", "source", source))
    return;
  source = fci_source_keep (source);
  fci_region *region = source ? append (file, FCI_REGION_SOURCE, fmtconv_source_size (source)) : NULL;
  if (region)
    region->u.source = source;
}

void
fmtconv_file_align (fmtconv_file *file, uint64_t alignment, int fill)
{
  uint64_t end;
  if (!is_open (file))
    return;
  if (alignment == 0 || (alignment & (alignment - 1)) || !fci_size_round_up (file->size, alignment, &end))
    {
      fmtconv_fail (file->layout->ctx, FMTCONV_E_INTERNAL, "cannot align to %llu bytes",
                    (unsigned long long) alignment);
      return;
    }
  fci_region *region = end > file->size ? append (file, FCI_REGION_FILL, end - file->size) : NULL;
  if (region)
    region->u.fill = fill;
}

uint64_t
fmtconv_file_size (const fmtconv_file *file)
{
  return file ? file->size : 0;
}

uint64_t
fci_layout_size (const fmtconv_layout *layout)
{
  uint64_t size = 0;
  for (const fmtconv_file *file = layout->first; file; file = file->next)
    size += file->size;
  return size;
}
