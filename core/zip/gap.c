/* core/zip/gap.c: no record lies between the members that the directory lists.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include "core/zip/gap.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum
{
  CHUNK = 64 * 1024,
  MARK = 4 /* bytes of a record's mark */
};

/* Searches n bytes at `at` for the start of a local header. */
static int
search (fmtconv_zip *zip, const uint8_t *bytes, size_t n, uint64_t at)
{
  const uint8_t *found = fci_os_find (bytes, n, "PK\3\4", MARK);
  if (!found)
    return 0;
  return fci_zip_bad (zip, at + (uint64_t) (found - bytes),
                      "a record that the central directory does not list lies here, between two members");
}

int
fci_zip_check_gap (fmtconv_zip *zip, uint64_t start, uint64_t end)
{
  if (end < start || end - start < MARK)
    return 0;
  uint8_t *buffer = malloc (CHUNK);
  if (!buffer)
    {
      fci_nomem (zip->ctx);
      return FMTCONV_E_NOMEM;
    }
  int code = 0;
  /* Chunks overlap, because a mark can be cut. */
  for (uint64_t at = start; code == 0 && end - at >= MARK; at += CHUNK - MARK + 1)
    {
      const size_t n = end - at < CHUNK ? (size_t) (end - at) : CHUNK;
      code = fci_source_load (zip->source, at, buffer, n);
      if (code == 0)
        code = search (zip, buffer, n, at);
      if (code == 0)
        code = fci_check_cancel (zip->ctx);
      if (n < CHUNK)
        break;
    }
  free (buffer);
  return code;
}
