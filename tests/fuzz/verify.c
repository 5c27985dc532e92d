/* tests/fuzz/verify.c: the examination of an output: manifests, and the files that they list.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz.h"

static void
examine (const char *output, const char *reader)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  const fmtconv_job job = { .struct_size = sizeof job, .output = output, .reader = reader };
  fmtconv_attr *report = fmtconv_verify (ctx, &job);
  if (!report && !fmtconv_ctx_error (ctx))
    fuzz_broken ("an output is not examined, without a message", output);
  if (report)
    fmtconv_attr_json_text (report, 1);
  fmtconv_ctx_free (ctx);
}

void
fuzz_verify (const uint8_t *data, size_t size)
{
  fuzz_file files[FUZZ_MAX_FILES];
  const size_t n = fuzz_tree_split (data, size, files);
  fuzz_enter_scratch ();
  fuzz_tree_write ("in", files, n);
  examine ("in", "diffusers");
  examine ("in/x.safetensors", NULL);
}
