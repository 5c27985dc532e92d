/* tests/unit/view-util.h: a source, short names and expectations that the suites of views share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_VIEW_UTIL_H
#define TEST_VIEW_UTIL_H

#include "core/source/source.h"
#include "core/view/text.h"
#include "core/view/view.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fmtconv/fmtconv.h>

#define SHAPE(...) ((const uint64_t[]){ __VA_ARGS__ })
#define STRIDES(...) ((const int64_t[]){ __VA_ARGS__ })
#define AXES(...) ((const unsigned[]){ __VA_ARGS__ })

static const uint8_t bytes[1 << 16];
static fmtconv_ctx *ctx;
static fmtconv_source *source;

static void
set_up (void)
{
  ctx = fmtconv_ctx_new (NULL);
  source = fci_source_memory (ctx, bytes, sizeof bytes, "s");
}

static void
tear_down (void)
{
  fmtconv_ctx_free (ctx);
}

static void
expect_text (fmtconv_view *view, const char *text)
{
  cr_assert (view != NULL, "no view, expected %s", text);
  cr_expect_str_eq (fci_view_text (view), text);
}

/* Expects that a call failed with that code and returned NULL; the next one has a new context. */
static void
expect_refusal (const void *result, int code)
{
  cr_expect_null (result);
  cr_expect_eq (fmtconv_ctx_failed (ctx), code);
  tear_down ();
  set_up ();
}

#endif
