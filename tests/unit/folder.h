/* tests/unit/folder.h: a separate folder and context for each test of sources and inputs.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PLACE_H
#define PLACE_H

#include "core/source/input.h"
#include "core/source/source.h"
#include "tests/unit/record.h"

extern record r; /* messages of ctx */
extern fmtconv_ctx *ctx;

/* Before and after a test: the working folder is a new folder with d/a, d/sub/b and out/c. */
void place_start (void);
void place_stop (void);

void write_file (const char *path, const void *bytes, size_t n);

/* Expects one error, with that code and text; the context is then replaced by a new one. */
void expect_error (int code, const char *says);

/* Returns all bytes of a file; NULL: an error. */
const char *text_of (fmtconv_input *in);
void expect_text (fmtconv_input *in, const char *text);

#endif
