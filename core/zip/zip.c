/* core/zip/zip.c: zip archives for readers: fully validated, then members by name.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"

#include "core/zip/agree.h"
#include "core/zip/directory.h"
#include "core/zip/end.h"
#include "core/zip/inflate.h"
#include "core/zip/local.h"
#include "core/zip/names.h"
#include "core/zip/opened.h"
#include "core/zip/zip.h"
#include <string.h>
#include <zlib.h>

enum
{
  LIBZIP_ENTRY = 512 /* bytes that libzip takes for an entry */
};

/* Returns whether all checksums are zero: torch has an option to omit them. If any member has one, a zero
 * is checked like every other. */
static bool
lacks_crcs (const fmtconv_zip *zip)
{
  bool any = false;
  for (uint32_t i = 0; i < zip->n; i++)
    {
      if (zip->entries[i].crc != 0)
        return false;
      any = any || zip->entries[i].size > 0;
    }
  return any;
}

/* Compares with libzip, whose memory for the directory is charged before, because it has no functions for it. */
static int
agree (fmtconv_zip *zip)
{
  fci_budget *budget = &zip->ctx->budget;
  const uint64_t bytes = LIBZIP_ENTRY * (uint64_t) zip->n;
  if (!fci_budget_take (budget, bytes))
    {
      fci_nomem (zip->ctx);
      return zip->ctx->failed;
    }
  const int code = fci_zip_agree (zip);
  fci_budget_give (budget, bytes);
  return code;
}

static int
validate_all (fmtconv_zip *zip)
{
  int code = fci_zip_read_end (zip);
  if (code != 0 || zip->n == 0)
    return code;
  code = fci_zip_read_directory (zip);
  if (code == 0)
    code = fci_zip_index_names (zip);
  if (code == 0)
    code = fci_zip_check_locals (zip);
  return code != 0 ? code : agree (zip);
}

static int
validate (fmtconv_zip *zip)
{
  fci_subject frame;
  fci_subject_push_reads (zip->ctx, &frame, "the directory of the archive", zip->source);
  const int code = validate_all (zip);
  fci_subject_pop (zip->ctx, &frame);
  return code;
}

fmtconv_zip *
fmtconv_zip_open (fmtconv_source *source, unsigned flags)
{
  if (!source || fmtconv_ctx_failed (source->ctx))
    return NULL;
  fmtconv_zip *zip = fmtconv_scratch_alloc (source->ctx, 1, sizeof *zip);
  if (!zip)
    return NULL;
  *zip = (fmtconv_zip){ .ctx = source->ctx, .source = source, .flags = flags };
  if (validate (zip) != 0 || fci_zip_note (zip) != 0)
    return NULL;
  zip->has_crcs = !(flags & FMTCONV_ZIP_IGNORE_CRC) && !lacks_crcs (zip);
  if (lacks_crcs (zip))
    fmtconv_note (zip->ctx, "%s has no checksums: damaged data cannot be detected", fci_source_name (source));
  return zip;
}

const char *
fmtconv_zip_member_name (fmtconv_zip *zip, size_t i)
{
  return zip && i < zip->n ? zip->entries[i].name : NULL;
}

static fci_zip_entry *
find (fmtconv_zip *zip, const char *name)
{
  uint32_t low = 0, high = zip->n;
  while (low < high)
    {
      const uint32_t middle = low + (high - low) / 2;
      fci_zip_entry *entry = &zip->entries[zip->by_name[middle]];
      const int order = strcmp (name, entry->name);
      if (order == 0)
        return entry;
      if (order < 0)
        high = middle;
      else
        low = middle + 1;
    }
  return NULL;
}

typedef fmtconv_source *window (fmtconv_source *, uint64_t, uint64_t, const char *);

static fmtconv_source *
open_stored (fmtconv_zip *zip, const fci_zip_entry *entry, window *cut)
{
  fmtconv_source *source = cut (zip->source, entry->data, entry->size, entry->name);
  if (source)
    {
      source->has_crc = zip->has_crcs;
      source->crc = entry->crc;
    }
  return source;
}

int
fci_zip_load_small (fmtconv_zip *zip, const char *name, char *to, size_t room)
{
  const fci_zip_entry *entry = zip && name && !zip->ctx->failed ? find (zip, name) : NULL;
  if (!entry || entry->method != FCI_ZIP_STORED || entry->size >= room
      || fci_source_load (zip->source, entry->data, to, (size_t) entry->size)
      || (zip->has_crcs
          && crc32_z (crc32_z (0, NULL, 0), (const uint8_t *) to, (size_t) entry->size) != entry->crc))
    return -1;
  to[entry->size] = 0;
  return (int) entry->size;
}

fmtconv_source *
fmtconv_zip_member (fmtconv_zip *zip, const char *name)
{
  if (!zip || !name || fmtconv_ctx_failed (zip->ctx))
    return NULL;
  fci_zip_entry *entry = find (zip, name);
  if (entry && !entry->source)
    entry->source = entry->method == FCI_ZIP_STORED ? open_stored (zip, entry, fmtconv_source_window)
                                                    : fci_zip_inflate (zip, entry);
  return entry ? entry->source : NULL;
}

fmtconv_source *
fci_zip_member_now (fmtconv_zip *zip, const char *name)
{
  const fci_zip_entry *entry = zip && name && !fmtconv_ctx_failed (zip->ctx) ? find (zip, name) : NULL;
  return entry && !entry->source && entry->method == FCI_ZIP_STORED
             ? open_stored (zip, entry, fmtconv_scratch_window)
             : fmtconv_zip_member (zip, name);
}
