/* core/convert/examine.c: examines files against the rules of their formats, which are those of their readers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/json.h"
#include "core/base/ctx.h"
#include "core/base/scratch.h"
#include "core/convert/attempt.h"
#include "core/convert/chain.h"
#include "core/convert/detect.h"
#include "core/convert/examine.h"
#include "core/convert/link.h"
#include "core/convert/stage.h"
#include "core/convert/typed.h"
#include "core/kernel/crc32.h"
#include "core/source/disk.h"
#include "core/source/folder.h"
#include "core/source/input.h"
#include "core/zip/inflate.h"
#include "core/zip/opened.h"
#include <stdlib.h>
#include <string.h>

enum
{
  STEP = 256 << 10, /* bytes that are read at once */
  DEPTH = 4,        /* folders in folders */
  JSON_DEPTH = 32
};

typedef struct examination
{
  fmtconv_ctx *ctx;
  fci_defects *defects;
  const char *path;
  const fci_disk_file *before; /* the last file that was opened before those of the reader */
  uint8_t *buffer;             /* STEP bytes */
} examination;

/* ---- The model */

/* Reads the model.  What the reader does not accept becomes a defect. */
static int
read_model (examination *e, fmtconv_input *in, const char *reader, fci_examined *result)
{
  fci_attempt attempt;
  fci_link link = { 0 };
  if (reader && fci_reader_parse (e->ctx, reader, &link))
    return e->ctx->failed;
  fci_attempt_begin (&attempt, e->defects, e->path);
  if (!reader)
    fci_link_make (e->ctx, FCI_READER, fci_detect_reader (e->ctx, in), "", &link);
  const struct fci_sources *sources = fci_sources_of (e->ctx);
  e->before = sources ? sources->disks : NULL;
  attempt.is_recognized = link.plugin != NULL;
  result->model = link.plugin ? fci_stage_read (e->ctx, &link, in) : NULL;
  result->reader = link.plugin ? link.plugin->name : NULL;
  return fci_attempt_end (&attempt);
}

/* ---- Archives */

/* Reads all bytes of a source, and compares their checksum.  Records an error. */
static void
check_crc (const examination *e, const fmtconv_source *source)
{
  uint32_t crc = 0;
  for (uint64_t at = 0, n; at < source->size; at += n)
    {
      n = source->size - at < STEP ? source->size - at : STEP;
      if (fci_check_cancel (e->ctx) || fci_source_load (source, at, e->buffer, (size_t) n))
        return;
      crc = fci_crc32 (crc, e->buffer, (size_t) n);
    }
  if (crc != source->crc)
    fci_source_bad_crc (source, crc);
}

/* Checks every member; those that are compressed are not kept. */
static int
check_zip (const examination *e, fmtconv_zip *zip)
{
  const char *name;
  int code = 0;
  for (size_t i = 0; code == 0 && (name = fmtconv_zip_member_name (zip, i)); i++)
    {
      fci_attempt attempt;
      fci_attempt_begin (&attempt, e->defects, e->path);
      attempt.is_recognized = true;
      const fmtconv_source *source = fci_zip_check_deflated (zip, i) ? NULL : fmtconv_zip_member (zip, name);
      if (source && source->has_crc)
        check_crc (e, source);
      code = fci_attempt_end (&attempt);
    }
  return code;
}

static int
check_zips (examination *e)
{
  int code = 0;
  e->buffer = malloc (STEP);
  if (!e->buffer)
    {
      fci_nomem (e->ctx);
      return FMTCONV_E_NOMEM;
    }
  for (fmtconv_zip *zip = fci_zip_next (e->ctx, NULL); zip && code == 0; zip = fci_zip_next (e->ctx, zip))
    code = check_zip (e, zip);
  free (e->buffer);
  return code;
}

/* ---- JSON files */

/* Parses a file member by member, as vocabularies are large. */
static void
parse (fmtconv_input *file)
{
  fmtconv_source *source = fmtconv_input_open (file);
  fmtconv_cursor c = fmtconv_cursor_start (source);
  if (source)
    fci_json_check (&c, fmtconv_source_size (source), JSON_DEPTH);
}

static bool
is_json (const char *name)
{
  const size_t n = strlen (name);
  return n > 5 && strcmp (name + n - 5, ".json") == 0;
}

/* Parses the JSON files of a folder and those below it. */
static int
check_json (const examination *e, fmtconv_input *folder, unsigned depth)
{
  const char *name;
  int code = 0;
  for (size_t i = 0; code == 0 && (name = fmtconv_input_entry (folder, i)); i++)
    {
      fci_attempt attempt;
      fci_attempt_begin (&attempt, e->defects, e->path);
      attempt.is_recognized = true;
      fmtconv_input *in = fmtconv_input_child (folder, name);
      const bool is_folder = in && fmtconv_input_is_folder (in);
      if (in && !is_folder && is_json (name))
        parse (in);
      code = fci_attempt_end (&attempt);
      if (is_folder && code == 0 && depth < DEPTH)
        code = check_json (e, in, depth + 1);
    }
  return code == 0 ? e->ctx->failed : code;
}

/* ---- All */

static void
count (const struct stat *st, fci_examined *result)
{
  result->files++;
  result->bytes += (uint64_t) st->st_size;
}

/* Lists and counts the files of the output: not those that detection opened, nor temporary files. */
static void
count_files (const examination *e, fmtconv_input *in, fci_examined *result)
{
  result->path = e->path;
  result->file = fmtconv_input_is_folder (in) ? NULL : fci_input_stat (in);
  result->disks = fci_sources_of (e->ctx)->disks;
  result->before = e->before;
  if (result->file)
    count (result->file, result);
  for (const fci_disk_file *disk = result->disks; disk != e->before; disk = disk->next)
    if (fci_disk_is_input (disk))
      count (&disk->opened, result);
}

int
fci_examine (fci_defects *defects, const char *path, const char *reader, fci_examined *result)
{
  examination e = { .ctx = defects->ctx, .defects = defects, .path = path };
  *result = (fci_examined){ 0 };
  fci_scratch_keep (e.ctx); /* for the archives, which are checked after the reader */
  fmtconv_input *in = fci_input_user (e.ctx, path);
  int code = in ? read_model (&e, in, reader, result) : e.ctx->failed;
  if (code == 0)
    code = check_zips (&e);
  if (code == 0 && fmtconv_input_is_folder (in))
    code = check_json (&e, in, 0);
  if (code == 0)
    code = fci_sources_unchanged (e.ctx);
  if (code == 0)
    count_files (&e, in, result);
  return code;
}
