/* tests/fuzz/rules.c: rules applied to names.txt, forward and in reverse, and tested with small models that they describe.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz.h"

/* As a model file, with the small models that its key `test` describes. */
static void
test (void)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  fmtconv_attr *report = fmtconv_rules_test (ctx, "in/rules.yaml");
  if (!report && !fmtconv_ctx_error (ctx))
    fuzz_broken ("a test of rules fails without a message", NULL);
  if (report)
    fmtconv_attr_json_text (report, 1);
  fmtconv_ctx_free (ctx);
}

void
fuzz_rules (const uint8_t *data, size_t size)
{
  fuzz_file files[FUZZ_MAX_FILES];
  const size_t n = fuzz_tree_split (data, size, files);
  fuzz_enter_scratch ();
  fuzz_tree_write ("in", files, n);
  for (unsigned against = 0; against < 2; against++)
    {
      fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
      fmtconv_attr *report = fmtconv_rules_check (ctx, "in/rules.yaml", against ? "in/names.txt" : NULL);
      if (!report && !fmtconv_ctx_error (ctx))
        fuzz_broken ("rules are refused without a message", NULL);
      if (report)
        fmtconv_attr_json_text (report, 1);
      fmtconv_ctx_free (ctx);
    }
  test ();
}
