/* tests/fuzz/zip.c: archives: the directory, and the bytes of every member.  The first byte chooses the flags,
 * and whether deflated members are checked alone.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/base/ctx.h"
#include "core/source/source.h"
#include "core/zip/inflate.h"
#include "tests/fuzz/fuzz.h"
#include <fmtconv/formats.h>

enum
{
  CHECK = 0x80
};

void
fuzz_zip (const uint8_t *data, size_t size)
{
  if (size == 0)
    return;
  fmtconv_ctx *ctx = fci_ctx_new (NULL);
  const unsigned flags = data[0] & (FMTCONV_ZIP_IGNORE_CRC | FMTCONV_ZIP_ONE_FOLDER);
  fmtconv_zip *zip = fmtconv_zip_open (fci_source_memory (ctx, data + 1, size - 1, "x.zip"), flags);
  const char *name;
  for (size_t i = 0; zip && (name = fmtconv_zip_member_name (zip, i)); i++)
    {
      if ((data[0] & CHECK) && fci_zip_check_deflated (zip, i))
        continue;
      fmtconv_source *member = fmtconv_zip_member (zip, name);
      if (!member)
        break;
      fmtconv_cursor cursor = fmtconv_cursor_start (member);
      const uint64_t bytes = fmtconv_source_size (member);
      if (bytes < (1 << 20) && fmtconv_cursor_take (&cursor, bytes) && cursor.pos != bytes)
        fuzz_broken ("a member is shorter than its size", name);
    }
  fmtconv_ctx_free (ctx);
}
