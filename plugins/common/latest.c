/* plugins/common/latest.c: the file of a run that names the folder of its last checkpoint.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/latest.h"
#include <string.h>

enum
{
  MAX_BYTES = 256
};

const char *
latest_read (fmtconv_ctx *ctx, fmtconv_input *run, const char *name)
{
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (fmtconv_input_child (run, name)));
  if (c.end > MAX_BYTES)
    {
      fmtconv_fail (ctx, FMTCONV_E_FORMAT, "'%s' is not an iteration number: it has %llu bytes", name,
                    (unsigned long long) c.end);
      return NULL;
    }
  const char *text = fmtconv_cursor_take (&c, c.end);
  if (!text)
    return NULL;
  text += strspn (text, " \t\r\n");
  return fmtconv_ctx_printf (ctx, "%.*s", (int) strcspn (text, " \t\r\n"), text);
}

bool
latest_is_plain (const char *word)
{
  return *word && !strchr (word, '/') && strcmp (word, ".") && strcmp (word, "..");
}
