/* plugins/tokenizer/protobuf.c: the wire format of Protocol Buffers: fields of a message, one after the other.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/protobuf.h"
#include "plugins/tokenizer/tokenizer.h"

static int
fail (fmtconv_ctx *ctx, const fmtconv_cursor *at, uint64_t pos, const char *what)
{
  return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT,
                          &(fmtconv_where){ .source = at->source, .offset = pos, .hint = TOKENIZER_HINT },
                          "%s", what);
}

static uint64_t
take_varint (fmtconv_ctx *ctx, fmtconv_cursor *c)
{
  const uint64_t start = c->pos;
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 70 && !fmtconv_ctx_failed (ctx); shift += 7)
    {
      const uint64_t byte = fmtconv_cursor_take_le (c, 1);
      if (shift == 63 && byte > 1)
        break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80)
        return value;
    }
  if (!fmtconv_ctx_failed (ctx))
    fail (ctx, c, start, "an integer has more than 64 bits");
  return 0;
}

/* Takes the bytes of a field, which end before those of the message. */
static void
take_bytes (fmtconv_ctx *ctx, fmtconv_cursor *message, struct protobuf_field *field)
{
  const uint64_t start = message->pos, n = take_varint (ctx, message);
  if (fmtconv_ctx_failed (ctx))
    return;
  if (n > message->end - message->pos)
    {
      fail (ctx, message, start, "a field is longer than the message that holds it");
      return;
    }
  field->bytes = (fmtconv_cursor){ message->source, message->pos, message->pos + n };
  message->pos += n;
}

int
tokenizer_protobuf_next (fmtconv_ctx *ctx, fmtconv_cursor *message, struct protobuf_field *field)
{
  const uint64_t start = message->pos;
  if (!message->source || fmtconv_ctx_failed (ctx) || start == message->end)
    return 0;
  const uint64_t tag = take_varint (ctx, message);
  *field = (struct protobuf_field){ .number = (uint32_t) (tag >> 3), .type = tag & 7 };
  if (tag > UINT32_MAX || !field->number)
    fail (ctx, message, start, "the number of a field is out of range");
  else if (field->type == PROTOBUF_VARINT)
    field->value = take_varint (ctx, message);
  else if (field->type == PROTOBUF_64 || field->type == PROTOBUF_32)
    field->value = fmtconv_cursor_take_le (message, field->type == PROTOBUF_64 ? 8 : 4);
  else if (field->type == PROTOBUF_BYTES)
    take_bytes (ctx, message, field);
  else
    fail (ctx, message, start, "the type of a field is not known: this is not a model of SentencePiece");
  return !fmtconv_ctx_failed (ctx);
}
