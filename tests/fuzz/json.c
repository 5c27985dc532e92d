/* tests/fuzz/json.c: JSON texts: whole, member by member, and as a literal of a file; what is printed reads back the same.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/attr/json.h"
#include "core/base/ctx.h"
#include "core/source/source.h"
#include "tests/fuzz/fuzz.h"
#include <string.h>

static int
print_member (void *arg, fmtconv_attr *value)
{
  (void) arg;
  fmtconv_attr_json_text (value, 0);
  return 0;
}

/* Reads the text, and what is printed of it. */
static void
read_twice (const uint8_t *data, size_t size, unsigned depth)
{
  fmtconv_ctx *ctx = fci_ctx_new (NULL);
  fmtconv_cursor cursor = fmtconv_cursor_start (fci_source_memory (ctx, data, size, "x.json"));
  fmtconv_attr *value = fmtconv_cursor_take_json (&cursor, size, depth);
  const char *text = value ? fmtconv_attr_json_text (value, 0) : NULL;
  if (text)
    {
      const char *why = NULL;
      fmtconv_attr *again = fmtconv_attr_parse_json (ctx, text, &why);
      const char *printed = again ? fmtconv_attr_json_text (again, 0) : NULL;
      if (!printed || strcmp (printed, text) != 0)
        fuzz_broken ("a printed value does not read back", text);
      fmtconv_attr_json_text (value, 1);
    }
  fmtconv_ctx_free (ctx);
}

void
fuzz_json (const uint8_t *data, size_t size)
{
  read_twice (data, size, 4);
  read_twice (data, size, 32);
  fmtconv_ctx *ctx = fci_ctx_new (NULL);
  fmtconv_cursor cursor = fmtconv_cursor_start (fci_source_memory (ctx, data, size, "x.json"));
  fmtconv_cursor_take_members (&cursor, size, 8, print_member, NULL);
  fmtconv_ctx_free (ctx);
  ctx = fci_ctx_new (NULL);
  cursor = fmtconv_cursor_start (fci_source_memory (ctx, data, size, "x.json"));
  fci_json_check (&cursor, size, 32);
  fmtconv_ctx_free (ctx);
}
