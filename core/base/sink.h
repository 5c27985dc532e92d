/* core/base/sink.h: a bounded piece of text that is built up by appending.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_SINK_H
#define FCI_BASE_SINK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Always NUL-terminated.  What does not fit is cut at a character's border and ends in "…". */
typedef struct fci_sink
{
  char *text;
  size_t size; /* of the array behind text */
  size_t len;
  bool cut; /* something did not fit; later pieces are dropped */
} fci_sink;

/* A sink over a char array of at least 8 bytes. */
#define FCI_SINK(array)                     \
  {                                         \
    .text = (array), .size = sizeof (array) \
  }

/* Append n bytes as they are. */
void fci_sink_put (fci_sink *sink, const char *s, size_t n);

/* Append a string that came from a file or user: everything escaped, cut at `limit` bytes. */
void fci_sink_escape (fci_sink *sink, const char *s, size_t len, size_t limit);

/* Append text of our own: backslashes stay. */
void fci_sink_trusted (fci_sink *sink, const char *s, size_t len);

/* printf, every %s escaped and cut (fmtconv_fail's rule).  Understands
 * %[-0 +#][width|*][.prec|.*][hh|h|l|ll|z|j|t](d i u o x X c s p f F e E g G) and %%. */
void fci_sink_vformat (fci_sink *sink, const char *format, va_list ap);
void fci_sink_format (fci_sink *sink, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

#endif
