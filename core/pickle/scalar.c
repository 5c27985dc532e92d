/* core/pickle/scalar.c: the opcodes that push numbers, strings and globals.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/base/scratch.h"
#include "core/pickle/opcodes.h"
#include <string.h>

int
fci_pickle_op_none (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  return fci_pickle_push (m, (fmtconv_value){ .kind = FMTCONV_VALUE_NONE });
}

int
fci_pickle_op_true (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  return fci_pickle_push (m, (fmtconv_value){ .kind = FMTCONV_VALUE_BOOL, .v.i = 1 });
}

int
fci_pickle_op_false (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  return fci_pickle_push (m, (fmtconv_value){ .kind = FMTCONV_VALUE_BOOL, .v.i = 0 });
}

int
fci_pickle_op_unsigned (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  return fci_pickle_push (m, fci_pickle_int ((int64_t) arg->number));
}

int
fci_pickle_op_signed (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  return fci_pickle_push (m, fci_pickle_int ((int32_t) (uint32_t) arg->number));
}

/* Reads a two's complement, little-endian integer of any length. */
int
fci_pickle_op_long (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  const uint8_t *bytes = (const uint8_t *) arg->text;
  uint32_t n = arg->len;
  uint8_t sign = n && bytes[n - 1] & 0x80 ? 0xff : 0;
  while (n > 8 && bytes[n - 1] == sign && (bytes[n - 2] & 0x80) == (sign & 0x80))
    n--;
  if (n > 8)
    return fci_pickle_push (m, (fmtconv_value){ .kind = FMTCONV_VALUE_LONG });
  uint64_t value = sign ? UINT64_MAX : 0;
  for (uint32_t i = n; i-- > 0;)
    value = value << 8 | bytes[i];
  return fci_pickle_push (m, fci_pickle_int ((int64_t) value));
}

/* This is the only big-endian argument. */
int
fci_pickle_op_float (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  uint64_t bits = __builtin_bswap64 (arg->number);
  fmtconv_value value = { .kind = FMTCONV_VALUE_FLOAT };
  memcpy (&value.v.f, &bits, sizeof bits);
  return fci_pickle_push (m, value);
}

int
fci_pickle_op_string (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  return fci_pickle_push (m,
                          (fmtconv_value){ .kind = FMTCONV_VALUE_STRING, .len = arg->len, .v.s = arg->text });
}

int
fci_pickle_op_bytes (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  return fci_pickle_push (m,
                          (fmtconv_value){ .kind = FMTCONV_VALUE_BYTES, .len = arg->len, .v.s = arg->text });
}

/* Returns the place among the recent globals of one with these names. */
static const fci_pickle_global **
recent (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  uint32_t hash = arg->len;
  for (uint32_t i = 0; i < arg->name_len; i++)
    hash = hash * 31 + (uint8_t) arg->name[i];
  return &m->recent[(hash ^ hash >> 8) % FCI_PICKLE_RECENT];
}

static bool
has_names (const fci_pickle_global *global, const fci_pickle_arg *arg)
{
  const char *module = global->public.module, *name = global->public.name;
  return strlen (module) == arg->len && !memcmp (module, arg->text, arg->len)
         && strlen (name) == arg->name_len && !memcmp (name, arg->name, arg->name_len);
}

/* Returns a global with these names; NULL: out of memory. */
static const fci_pickle_global *
new_global (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  fci_pickle_global *global = fmtconv_scratch_alloc (m->ctx, 1, sizeof *global);
  char *text = fmtconv_scratch_alloc (m->ctx, (size_t) arg->len + arg->name_len + 2, 1);
  if (!global || !text)
    return NULL;
  memcpy (text, arg->text, arg->len);
  memcpy (text + arg->len + 1, arg->name, arg->name_len);
  global->public.module = text;
  global->public.name = text + arg->len + 1;
  fci_torch_global_know (global);
  return global;
}

/* A pickler without a memo names the same globals for each tensor. */
static int
push_global (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  if (memchr (arg->text, 0, arg->len) || memchr (arg->name, 0, arg->name_len))
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "a name contains a NUL");
  /* The name is copied, and one memoized string can name many globals. */
  if (arg->len > FCI_PICKLE_MAX_GLOBAL || arg->name_len > FCI_PICKLE_MAX_GLOBAL)
    return fci_pickle_refuse (m, FMTCONV_E_LIMIT, "a global's name of more than %d bytes",
                              FCI_PICKLE_MAX_GLOBAL);
  const fci_pickle_global **place = recent (m, arg);
  if (!*place || !has_names (*place, arg))
    *place = new_global (m, arg);
  if (!*place)
    return FMTCONV_E_NOMEM;
  return fci_pickle_push (m, (fmtconv_value){ .kind = FMTCONV_VALUE_GLOBAL, .v.global = *place });
}

int
fci_pickle_op_global (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  return push_global (m, arg);
}

int
fci_pickle_op_stack_global (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  fmtconv_value name;
  fmtconv_value module;
  if (fci_pickle_pop (m, &name) || fci_pickle_pop (m, &module))
    return FMTCONV_E_FORMAT;
  if (name.kind != FMTCONV_VALUE_STRING || module.kind != FMTCONV_VALUE_STRING)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "needs two strings, not %s and %s",
                              fmtconv_value_describe (m->ctx, &module),
                              fmtconv_value_describe (m->ctx, &name));
  return push_global (
      m, &(fci_pickle_arg){ .text = module.v.s, .len = module.len, .name = name.v.s, .name_len = name.len });
}
