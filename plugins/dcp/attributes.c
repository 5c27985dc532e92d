/* plugins/dcp/attributes.c: reads the objects of torch.distributed.checkpoint in a pickle as data.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/dcp/dcp.h"
#include <string.h>

const fmtconv_value *
dcp_attribute (const fmtconv_value *object, const char *class, const char *name)
{
  const fmtconv_value *state = fmtconv_value_state (object);
  const fmtconv_global *of = state ? fmtconv_value_global (object) : NULL;
  if (!of || strcmp (of->name, class) || strncmp (of->module, "torch.distributed.", 18))
    return NULL;
  return fmtconv_value_kind (state) == FMTCONV_VALUE_DICT ? fmtconv_value_find (state, name) : NULL;
}

const char *
dcp_box_text (fmtconv_ctx *ctx, const uint64_t *numbers, unsigned rank)
{
  const char *text = "[";
  for (unsigned i = 0; i < rank; i++)
    text = fmtconv_ctx_printf (ctx, "%s%s%llu", text, i ? ", " : "", (unsigned long long) numbers[i]);
  return fmtconv_ctx_printf (ctx, "%s]", text);
}
