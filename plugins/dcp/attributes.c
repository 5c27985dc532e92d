/* plugins/dcp/attributes.c: reads the objects of torch.distributed.checkpoint in a pickle as data.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/dcp/dcp.h"
#include <string.h>

enum
{
  MOST_ATTRIBUTES = 64 /* searched one by one, and many objects can share a dictionary */
};

const pk_value *
dcp_attribute (const pk_value *object, const char *class, const char *name)
{
  if (object->kind != PK_OBJECT || strcmp (object->v.object->callee->name, class)
      || strncmp (object->v.object->callee->module, "torch.distributed.", 18))
    return NULL;
  const pk_value *state = &object->v.object->state;
  return state->kind == PK_DICT && state->v.items->n <= 2 * MOST_ATTRIBUTES ? pk_get (state, name) : NULL;
}

bool
dcp_numbers (const pk_value *value, uint64_t *to, unsigned *rank)
{
  if (value && pk_has_role (value, ROLE_SIZE) && value->v.object->args->n == 1)
    value = &value->v.object->args->at[0];
  if (!value || (value->kind != PK_TUPLE && value->kind != PK_LIST) || value->v.items->n > FMTCONV_MAX_RANK)
    return false;
  *rank = value->v.items->n;
  for (unsigned i = 0; i < *rank; i++)
    {
      const pk_value *number = &value->v.items->at[i];
      if (number->kind != PK_INT || number->v.i < 0)
        return false;
      to[i] = (uint64_t) number->v.i;
    }
  return true;
}

const char *
dcp_box_text (fmtconv_ctx *ctx, const uint64_t *numbers, unsigned rank)
{
  const char *text = "[";
  for (unsigned i = 0; i < rank; i++)
    text = fmtconv_ctx_printf (ctx, "%s%s%llu", text, i ? ", " : "", (unsigned long long) numbers[i]);
  return fmtconv_ctx_printf (ctx, "%s]", text);
}
