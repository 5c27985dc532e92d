/* plugins/dcp/paths.c: the keys that led to each entry in the saved dictionary, from the planner's data.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A name joins these keys by dots, and keys hold dots too: only the planner knows that 'model.a.weight' was the value
 * 'a.weight' of a dictionary 'model'. */
#include "config.h"

#include "plugins/dcp/dcp.h"
#include <inttypes.h>
#include <stdio.h>

size_t
dcp_key_length (const fmtconv_value *key)
{
  size_t n;
  int64_t number;
  if (fmtconv_value_text (key, &n))
    return n;
  return fmtconv_value_int (key, &number) ? (size_t) snprintf (NULL, 0, "%" PRId64, number) : 0;
}

/* Returns whether the keys, joined by dots, are as long as the name. */
static bool
is_path_of (const fmtconv_value *path, const dcp_item *item)
{
  const size_t keys = fmtconv_value_count (path);
  size_t n = 0;
  if (fmtconv_value_kind (path) != FMTCONV_VALUE_TUPLE || !keys)
    return false;
  for (size_t i = 0; i < keys; i++)
    {
      const fmtconv_value *key = fmtconv_value_at (path, i);
      const unsigned kind = fmtconv_value_kind (key);
      if (kind != FMTCONV_VALUE_STRING && kind != FMTCONV_VALUE_INT)
        return false;
      n += dcp_key_length (key) + (i > 0);
    }
  return n == item->len;
}

int
dcp_read_paths (dcp_load *load, const fmtconv_value *planner)
{
  for (size_t i = 0; i < load->meta.n && fmtconv_value_kind (planner) == FMTCONV_VALUE_DICT; i++)
    {
      dcp_item *item = &load->meta.items[i];
      const fmtconv_value *path = fmtconv_value_find (planner, item->name);
      if (is_path_of (path, item))
        item->path = path;
    }
  return fmtconv_ctx_failed (load->ctx);
}
