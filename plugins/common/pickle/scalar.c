/* plugins/common/pickle/scalar.c: the opcodes that push numbers, strings and globals.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/common/pickle/opcodes.h"
#include <string.h>

int
pk_op_none (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  return pk_push (m, (pk_value){ .kind = PK_NONE });
}

int
pk_op_true (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  return pk_push (m, (pk_value){ .kind = PK_BOOL, .v.i = 1 });
}

int
pk_op_false (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  return pk_push (m, (pk_value){ .kind = PK_BOOL, .v.i = 0 });
}

int
pk_op_unsigned (pk_machine *m, const pk_arg *arg)
{
  return pk_push (m, pk_int ((int64_t) arg->number));
}

int
pk_op_signed (pk_machine *m, const pk_arg *arg)
{
  return pk_push (m, pk_int ((int32_t) (uint32_t) arg->number));
}

/* Reads a two's complement, little-endian integer of any length. */
int
pk_op_long (pk_machine *m, const pk_arg *arg)
{
  const uint8_t *bytes = (const uint8_t *) arg->text;
  uint32_t n = arg->len;
  uint8_t sign = n && bytes[n - 1] & 0x80 ? 0xff : 0;
  while (n > 8 && bytes[n - 1] == sign && (bytes[n - 2] & 0x80) == (sign & 0x80))
    n--;
  if (n > 8)
    return pk_push (m, (pk_value){ .kind = PK_LONG });
  uint64_t value = sign ? UINT64_MAX : 0;
  for (uint32_t i = n; i-- > 0;)
    value = value << 8 | bytes[i];
  return pk_push (m, pk_int ((int64_t) value));
}

/* This is the only big-endian argument. */
int
pk_op_float (pk_machine *m, const pk_arg *arg)
{
  uint64_t bits = __builtin_bswap64 (arg->number);
  pk_value value = { .kind = PK_FLOAT };
  memcpy (&value.v.f, &bits, sizeof bits);
  return pk_push (m, value);
}

int
pk_op_string (pk_machine *m, const pk_arg *arg)
{
  return pk_push (m, (pk_value){ .kind = PK_STRING, .len = arg->len, .v.s = arg->text });
}

int
pk_op_bytes (pk_machine *m, const pk_arg *arg)
{
  return pk_push (m, (pk_value){ .kind = PK_BYTES, .len = arg->len, .v.s = arg->text });
}

static int
push_global (pk_machine *m, const pk_arg *arg)
{
  if (memchr (arg->text, 0, arg->len) || memchr (arg->name, 0, arg->name_len))
    return pk_refuse (m, FMTCONV_E_FORMAT, "a name contains a NUL");
  /* The name is copied, and one memoized string can name many globals. */
  if (arg->len > PK_MAX_GLOBAL || arg->name_len > PK_MAX_GLOBAL)
    return pk_refuse (m, FMTCONV_E_LIMIT, "a global's name of more than %d bytes", PK_MAX_GLOBAL);
  pk_global *global = fmtconv_ctx_alloc (m->ctx, 1, sizeof *global);
  char *text = fmtconv_ctx_alloc (m->ctx, (size_t) arg->len + arg->name_len + 2, 1);
  if (!global || !text)
    return FMTCONV_E_NOMEM;
  memcpy (text, arg->text, arg->len);
  memcpy (text + arg->len + 1, arg->name, arg->name_len);
  global->module = text;
  global->name = text + arg->len + 1;
  torch_global_know (global);
  return pk_push (m, (pk_value){ .kind = PK_GLOBAL, .v.global = global });
}

int
pk_op_global (pk_machine *m, const pk_arg *arg)
{
  return push_global (m, arg);
}

int
pk_op_stack_global (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  pk_value name;
  pk_value module;
  if (pk_pop (m, &name) || pk_pop (m, &module))
    return FMTCONV_E_FORMAT;
  if (name.kind != PK_STRING || module.kind != PK_STRING)
    return pk_refuse (m, FMTCONV_E_FORMAT, "needs two strings, not %s and %s", pk_describe (m->ctx, &module),
                      pk_describe (m->ctx, &name));
  return push_global (
      m, &(pk_arg){ .text = module.v.s, .len = module.len, .name = name.v.s, .name_len = name.len });
}
