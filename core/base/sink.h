/* core/base/sink.h: bounded text that is built by appending.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_SINK_H
#define FCI_BASE_SINK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Always NUL-terminated. Text that does not fit is cut at a character boundary and ends with "…". */
typedef struct fci_sink
{
  char *text;
  size_t size; /* bytes of the array at `text` */
  size_t len;
  bool cut; /* text was cut; later appends are dropped */
} fci_sink;

/* A sink over a char array of at least 8 bytes. */
#define FCI_SINK(array)                     \
  {                                         \
    .text = (array), .size = sizeof (array) \
  }

/* Appends n bytes unchanged. */
void fci_sink_put (fci_sink *sink, const char *s, size_t n);

/* Appends a string from a file or user: everything escaped, cut at `limit` bytes. */
void fci_sink_escape (fci_sink *sink, const char *s, size_t len, size_t limit);

/* Appends fmtconv's own text: backslashes are not escaped. */
void fci_sink_trusted (fci_sink *sink, const char *s, size_t len);

/* Appends formatted text; every %s is escaped and cut, as in fmtconv_fail. Understands %[-0
 * +#][width|*][.prec|.*][hh|h|l|ll|z|j|t](d i u o x X c s p f F e E g G) and %%. */
void fci_sink_vformat (fci_sink *sink, const char *format, va_list ap);
void fci_sink_format (fci_sink *sink, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

#endif
