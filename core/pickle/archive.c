/* core/pickle/archive.c: opens a torch.save file, and reports files that are not supported.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/pickle/archive.h"
#include "core/pickle/machine.h"
#include "core/source/source.h"
#include "core/zip/opened.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  SMALL = 65 /* bytes of a member of one word, with a NUL */
};

#define SAVE_AGAIN "load it with torch.load and save it again with torch.save of torch 1.6 or newer"

#define NOT_OURS "'fmtconv plugins' lists the supported formats"

/* Reports a file that is not a zip archive. */
static int
refuse_other (fmtconv_ctx *ctx, fmtconv_source *file, const uint8_t *head, size_t n)
{
  fmtconv_where where = { .source = file, .hint = SAVE_AGAIN };
  if (n >= 262 && !memcmp (head + 257, "ustar", 5))
    return fmtconv_fail_at (ctx, FMTCONV_E_UNSUPPORTED, &where,
                            "torch.save's tar format before torch 0.1.10 is not supported");
  where.hint = NOT_OURS;
  return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &where, "not a torch.save file: not a zip archive");
}

/* Returns the folder with data.pkl: "NAME/"; NULL: an error. */
static const char *
find_root (const fci_torch_archive *a)
{
  const char *name;
  for (size_t i = 0; (name = fmtconv_zip_member_name (a->zip, i)) != NULL; i++)
    {
      const char *slash = strchr (name, '/');
      if (slash && !strcmp (slash, "/data.pkl"))
        return fmtconv_scratch_printf (a->ctx, "%.*s/", (int) (slash - name), name);
    }
  const fmtconv_where where = { .hint = NOT_OURS };
  fmtconv_fail_at (a->ctx, FMTCONV_E_FORMAT, &where,
                   "not a torch.save file: the zip archive has no NAME/data.pkl");
  return NULL;
}

static fmtconv_source *
member (const fci_torch_archive *a, const char *name)
{
  return fci_zip_member_now (a->zip, fmtconv_scratch_printf (a->ctx, "%s%s", a->root, name));
}

/* Rejects TorchScript archives, which contain code next to the data. */
static int
check_script (const fci_torch_archive *a)
{
  size_t root = strlen (a->root);
  const char *name;
  for (size_t i = 0; (name = fmtconv_zip_member_name (a->zip, i)) != NULL; i++)
    if (!strncmp (name, a->root, root)
        && (!strcmp (name + root, "constants.pkl") || !strncmp (name + root, "code/", 5)))
      return fmtconv_fail_at (
          a->ctx, FMTCONV_E_UNSUPPORTED,
          &(fmtconv_where){ .hint = "load it with torch.jit.load and torch.save its state_dict()" },
          "the file is a TorchScript program, not a checkpoint (it has '%s')", name);
  return 0;
}

/* Returns the first word of a small member; NULL: no such member, or an error. */
static const char *
small_text (const fci_torch_archive *a, const char *name)
{
  char brief[SMALL];
  const int n = fci_zip_load_small (a->zip, fmtconv_scratch_printf (a->ctx, "%s%s", a->root, name), brief,
                                    sizeof brief);
  if (n >= 0)
    return fmtconv_scratch_printf (a->ctx, "%.*s", (int) strcspn (brief, " \r\n"), brief);
  fmtconv_source *source = member (a, name);
  if (!source)
    return NULL;
  if (fmtconv_source_size (source) >= SMALL)
    {
      fmtconv_fail_at (a->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .source = source },
                       "expected one word, found %llu bytes",
                       (unsigned long long) fmtconv_source_size (source));
      return NULL;
    }
  fmtconv_cursor cursor = fmtconv_cursor_start (source);
  const char *text = fci_cursor_take_scratch (&cursor, cursor.end);
  return text ? fmtconv_scratch_printf (a->ctx, "%.*s", (int) strcspn (text, " \r\n"), text) : NULL;
}

static int
check_version (const fci_torch_archive *a)
{
  const char *text = small_text (a, "version");
  if (!text && !fmtconv_ctx_failed (a->ctx))
    text = small_text (a, ".data/version");
  if (!text)
    return fmtconv_fail (a->ctx, FMTCONV_E_FORMAT, "the archive has no '%sversion'", a->root);
  size_t n = strlen (text);
  bool known = (n == 1 && *text >= '1' && *text <= '9') || !strcmp (text, "10");
  return known ? 0
               : fmtconv_fail_at (a->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .hint = SAVE_AGAIN },
                                  "archive version '%s' is not supported (1 to 10 are)", text);
}

static int
check_byteorder (fci_torch_archive *a)
{
  const char *text = small_text (a, "byteorder");
  if (!text || !strcmp (text, "little"))
    return fmtconv_ctx_failed (a->ctx);
  if (strcmp (text, "big"))
    return fmtconv_fail_at (a->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .source = member (a, "byteorder") },
                            "byte order '%s' is neither 'little' nor 'big'", text);
  a->big_endian = true;
  return 0;
}

static int
new_legacy (fci_torch_archive *archive)
{
  archive->legacy = fmtconv_scratch_alloc (archive->ctx, 1, sizeof *archive->legacy);
  if (archive->legacy)
    archive->legacy->source = archive->file;
  return fmtconv_ctx_failed (archive->ctx);
}

int
fci_torch_archive_open (fmtconv_ctx *ctx, fmtconv_source *file, unsigned flags, fci_torch_archive *archive)
{
  fmtconv_cursor cursor = fmtconv_cursor_start (file);
  size_t n = cursor.end < 512 ? (size_t) cursor.end : 512;
  const uint8_t *head = fci_cursor_take_scratch (&cursor, n);
  if (!head)
    return fmtconv_ctx_failed (ctx);
  *archive = (fci_torch_archive){ .ctx = ctx, .file = file };
  if (fci_torch_is_legacy (head, n))
    return new_legacy (archive);
  if (n >= 2 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5)
    return 0;
  if (n < 4 || memcmp (head, "PK", 2))
    return refuse_other (ctx, file, head, n);
  *archive = (fci_torch_archive){ .ctx = ctx,
                                  .file = file,
                                  .zip = fmtconv_zip_open (file, flags | FMTCONV_ZIP_ONE_FOLDER) };
  archive->root = archive->zip ? find_root (archive) : NULL;
  if (!archive->root || check_script (archive) || check_version (archive))
    return fmtconv_ctx_failed (ctx);
  return check_byteorder (archive);
}

int
fci_torch_archive_load (fci_torch_archive *archive, fci_pickle_loaded *loaded)
{
  fmtconv_ctx *ctx = archive->ctx;
  if (archive->legacy)
    return fci_torch_legacy_load (ctx, archive->legacy, loaded);
  fmtconv_source *source = archive->zip ? member (archive, "data.pkl") : archive->file;
  return source ? fci_pickle_load_source (ctx, source, NULL, loaded) : fmtconv_ctx_failed (ctx);
}

/* Returns the elements of a storage of a legacy file; NULL: no such storage, or an error. */
static fmtconv_source *
legacy_record (const fci_torch_archive *archive, const fmtconv_value *key)
{
  const fci_torch_place *place = fci_torch_legacy_find (archive->legacy, key);
  return place ? fmtconv_source_window (
             archive->file, place->start, place->bytes,
             fmtconv_scratch_printf (archive->ctx, "storage %.*s", (int) key->len, key->v.s))
               : NULL;
}

fmtconv_source *
fci_torch_record (const fci_torch_archive *archive, const fmtconv_value *key)
{
  if (archive->legacy)
    return legacy_record (archive, key);
  if (!archive->zip)
    return NULL;
  return fmtconv_zip_member (archive->zip, fmtconv_scratch_printf (archive->ctx, "%sdata/%.*s", archive->root,
                                                                   (int) key->len, key->v.s));
}
