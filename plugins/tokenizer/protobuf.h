/* plugins/tokenizer/protobuf.h: reads messages of Protocol Buffers as data.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOKENIZER_PROTOBUF_H
#define TOKENIZER_PROTOBUF_H

#include <fmtconv/formats.h>

/* Wire types; others do not occur. */
enum
{
  PROTOBUF_VARINT = 0,
  PROTOBUF_64 = 1,
  PROTOBUF_BYTES = 2,
  PROTOBUF_32 = 5
};

/* A field of a message. */
struct protobuf_field
{
  uint32_t number;
  uint32_t type;
  uint64_t value;       /* of a number; 32 bits for PROTOBUF_32 */
  fmtconv_cursor bytes; /* of PROTOBUF_BYTES */
};

/* Reads the next field of a message.  Returns 1; 0 at the end, or after an error. */
int tokenizer_protobuf_next (fmtconv_ctx *ctx, fmtconv_cursor *message, struct protobuf_field *field);

#endif
