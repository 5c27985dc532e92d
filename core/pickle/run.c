/* core/pickle/run.c: the main loop of the pickle machine: reads opcodes and their arguments, within bounds.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/scratch.h"
#include "core/pickle/opcodes.h"
#include "core/pickle/storage.h"
#include "core/source/source.h"
#include <string.h>

enum
{
  FIRST_STACK = 4, /* values */
  SECOND_STACK = 16
};

static uint64_t
little_endian (const uint8_t *bytes, unsigned n)
{
  uint64_t value = 0;
  for (unsigned i = n; i-- > 0;)
    value = value << 8 | bytes[i];
  return value;
}

/* Takes the next n bytes. */
static int
take (fci_pickle_machine *m, uint64_t n, const uint8_t **bytes)
{
  if (n > m->size - m->pos)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "%llu bytes needed, but %u remain in the pickle",
                              (unsigned long long) n, m->size - m->pos);
  *bytes = m->bytes + m->pos;
  m->pos += (uint32_t) n;
  return 0;
}

static int
take_number (fci_pickle_machine *m, unsigned n, uint64_t *number)
{
  const uint8_t *bytes = NULL;
  int code = take (m, n, &bytes);
  if (!code)
    *number = little_endian (bytes, n);
  return code;
}

/* Returns whether the next string is the text of bytes: a call's function was just pushed. */
static bool
is_encoding (const fci_pickle_machine *m)
{
  const fmtconv_value *top = m->n > m->floor ? &m->stack[m->n - 1] : NULL;
  return top && top->kind == FMTCONV_VALUE_GLOBAL && top->v.global->role == FCI_ROLE_ENCODE;
}

static int
take_string (fci_pickle_machine *m, unsigned n, fci_pickle_arg *arg)
{
  const uint8_t *bytes = NULL;
  uint64_t len = 0;
  if (take_number (m, n, &len) || take (m, len, &bytes))
    return FMTCONV_E_FORMAT;
  /* Byte strings, and texts that stand for them, can hold a whole storage; they are not copied. */
  if (len > FCI_PICKLE_MAX_STRING && m->op->run != fci_pickle_op_bytes && !is_encoding (m))
    return fci_pickle_refuse (m, FMTCONV_E_LIMIT, "a string of %llu bytes, more than the limit of %d",
                              (unsigned long long) len, FCI_PICKLE_MAX_STRING);
  arg->text = (const char *) bytes;
  arg->len = (uint32_t) len;
  return 0;
}

static int
take_line (fci_pickle_machine *m, const char **text, uint32_t *len)
{
  const uint8_t *start = m->bytes + m->pos;
  const uint8_t *end = m->pos < m->size ? memchr (start, '\n', m->size - m->pos) : NULL;
  if (!end)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "the line has no end");
  if (end - start > FCI_PICKLE_MAX_STRING)
    return fci_pickle_refuse (m, FMTCONV_E_LIMIT, "a line of more than %d bytes", FCI_PICKLE_MAX_STRING);
  *text = (const char *) start;
  *len = (uint32_t) (end - start);
  m->pos += *len + 1;
  return 0;
}

static int
take_argument (fci_pickle_machine *m, fci_pickle_arg *arg)
{
  switch (m->op->arg)
    {
    case FCI_PICKLE_ARG_U1:
      return take_number (m, 1, &arg->number);
    case FCI_PICKLE_ARG_U2:
      return take_number (m, 2, &arg->number);
    case FCI_PICKLE_ARG_U4:
      return take_number (m, 4, &arg->number);
    case FCI_PICKLE_ARG_U8:
      return take_number (m, 8, &arg->number);
    case FCI_PICKLE_ARG_STRING1:
      return take_string (m, 1, arg);
    case FCI_PICKLE_ARG_STRING4:
      return take_string (m, 4, arg);
    case FCI_PICKLE_ARG_STRING8:
      return take_string (m, 8, arg);
    case FCI_PICKLE_ARG_LINES:
      return take_line (m, &arg->text, &arg->len) || take_line (m, &arg->name, &arg->name_len)
                 ? FMTCONV_E_FORMAT
                 : 0;
    default:
      return 0;
    }
}

static int
step (fci_pickle_machine *m)
{
  static const fci_pickle_opcode end_of_file = { .name = "(none)" };
  static const fci_pickle_opcode unknown = { .name = "(unknown)" };
  m->at = m->pos;
  m->start = (fci_pickle_start){ m->pos, m->nodes };
  m->op = &end_of_file;
  if (m->pos >= m->size)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "the pickle ends before STOP");
  uint8_t byte = m->bytes[m->pos++];
  m->op = fci_pickle_opcodes[byte].name ? &fci_pickle_opcodes[byte] : &unknown;
  if (m->op == &unknown)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "the byte 0x%02x is not an opcode", byte);
  if (!m->op->run)
    return fci_pickle_refuse (m, FMTCONV_E_UNSUPPORTED, "not an opcode of plain data; refused");
  if (++m->opcodes > FCI_PICKLE_MAX_OPCODES)
    return fci_pickle_refuse (m, FMTCONV_E_LIMIT, "more than %d opcodes", FCI_PICKLE_MAX_OPCODES);
  fci_pickle_arg arg = { 0 };
  int code = take_argument (m, &arg);
  return code ? code : m->op->run (m, &arg);
}

static int
check_size (fmtconv_ctx *ctx, fmtconv_source *source, uint64_t size)
{
  if (size <= FCI_PICKLE_MAX_BYTES)
    return 0;
  return fmtconv_fail_at (ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .source = source },
                          "the pickle has %llu bytes, more than the limit of %d", (unsigned long long) size,
                          FCI_PICKLE_MAX_BYTES);
}

/* Makes the first stack of a machine.  Returns 0 or E_NOMEM. */
static int
make_stack (fci_pickle_machine *m, uint32_t n)
{
  m->cap = m->cap_starts = n;
  m->stack = fci_pickle_allocate (m, n, sizeof *m->stack);
  m->starts = fci_pickle_allocate (m, n, sizeof *m->starts);
  return m->stack && m->starts ? 0 : FMTCONV_E_NOMEM;
}

/* Runs the opcodes. */
static int
run_all (fci_pickle_machine *m)
{
  fci_subject frame;
  fci_pickle_survey memo;
  fci_subject_push_reads (m->ctx, &frame, "the pickle", m->source);
  int code = fci_pickle_survey_memo (m->ctx, &m->own, m->bytes, m->size, &memo);
  m->memory = code ? NULL : fci_pickle_memory_new (m->ctx, m->source, m->bytes, m->size, &memo);
  if (!code)
    code = m->memory ? make_stack (m, FIRST_STACK) : FMTCONV_E_NOMEM;
  while (!code && !m->stopped)
    code = step (m);
  fci_subject_pop (m->ctx, &frame);
  return code;
}

static int
run (fci_pickle_machine *m, fci_pickle_loaded *loaded)
{
  fci_pickle_storages none = { 0 };
  m->own = FCI_ARENA_BESIDE (m->ctx);
  m->storages = m->storages ? m->storages : &none;
  int code = run_all (m);
  if (!code && fci_torch_storages_agree (m->ctx, m->source, m->storages))
    code = fmtconv_ctx_failed (m->ctx);
  if (!code)
    *loaded =
        (fci_pickle_loaded){ .source = m->source, .bytes = m->bytes, .top = m->stack[0], .nodes = m->nodes };
  if (!code && m->storages != &none)
    code = fci_pickle_storages_keep (m);
  fci_arena_clear (&m->own);
  return code;
}

const fci_pickle_object *
fci_pickle_run_again (fci_pickle_memory *memory, fci_pickle_start start, uint32_t memoized, uint32_t end)
{
  fci_pickle_machine m = { .ctx = memory->ctx,
                           .source = memory->source,
                           .bytes = memory->bytes,
                           .size = memory->size,
                           .pos = start.pos,
                           .nodes = start.nodes,
                           .memoized = memoized,
                           .memory = memory,
                           .is_second = true };
  fci_subject frame;
  if (fmtconv_ctx_failed (m.ctx))
    return NULL;
  fci_subject_push_reads (m.ctx, &frame, "the pickle", m.source);
  int code = make_stack (&m, SECOND_STACK);
  while (!code && m.pos < end)
    code = step (&m);
  fci_subject_pop (m.ctx, &frame);
  if (!code && (m.n != 1 || m.stack[0].kind != FMTCONV_VALUE_OBJECT))
    code = fmtconv_fail (m.ctx, FMTCONV_E_INTERNAL, "the opcodes of an object did not make it again");
  return code ? NULL : m.stack[0].v.object;
}

int
fci_pickle_load_next (fmtconv_ctx *ctx, const void *bytes, uint64_t size, fci_pickle_storages *storages,
                      uint64_t *used, fci_pickle_loaded *loaded)
{
  fci_pickle_machine m = { .ctx = ctx,
                           .bytes = bytes,
                           .size = size < FCI_PICKLE_MAX_BYTES ? (uint32_t) size : FCI_PICKLE_MAX_BYTES,
                           .storages = storages };
  int code = run (&m, loaded);
  *used = m.pos;
  return code ? code : fmtconv_ctx_failed (ctx);
}

int
fci_pickle_load_source (fmtconv_ctx *ctx, fmtconv_source *source, fci_pickle_storages *storages,
                        fci_pickle_loaded *loaded)
{
  fmtconv_cursor cursor = fmtconv_cursor_start (source);
  if (check_size (ctx, source, cursor.end))
    return fmtconv_ctx_failed (ctx);
  fci_pickle_machine m = {
    .ctx = ctx, .source = source, .size = (uint32_t) cursor.end, .storages = storages
  };
  m.bytes = fci_cursor_take_scratch (&cursor, cursor.end);
  int code = m.bytes ? run (&m, loaded) : fmtconv_ctx_failed (ctx);
  if (!code && m.pos < m.size)
    code = fci_pickle_refuse (&m, FMTCONV_E_FORMAT, "%u bytes follow it", m.size - m.pos);
  return code ? code : fmtconv_ctx_failed (ctx);
}
