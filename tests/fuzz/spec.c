/* tests/fuzz/spec.c: pipeline specs: the strict parser, the schema, variables and their expansion.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nothing is converted, because a spec names its outputs.  Next to the spec are files that it can name. */
#include "core/base/ctx.h"
#include "tests/fuzz/fuzz.h"
#include <stdio.h>

/* A model of one tensor without elements. */
#define HEAD "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}"
static const char model[] = "\x36\0\0\0\0\0\0\0" HEAD;

_Static_assert(sizeof HEAD - 1 == 0x36, "the length of the header");

static void
write_files (const uint8_t *data, size_t size)
{
  const fuzz_file files[] = {
    { .name = "x.yaml", .bytes = data, .size = size },
    { .name = "in.safetensors", .bytes = (const uint8_t *) model, .size = sizeof model - 1 },
    { .name = "full/tokenizer/spiece.model", .bytes = (const uint8_t *) "x", .size = 1 },
    { .name = "full/config.json", .bytes = (const uint8_t *) "{}", .size = 2 },
  };
  fuzz_tree_write ("in", files, sizeof files / sizeof *files);
}

/* Makes the job of a spec, and its text again. */
static void
convert (const fmtconv_spec_variable *given, size_t n, const char *input, const char *output)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  fmtconv_job *job = fmtconv_job_from_spec (ctx, "in/x.yaml", given, n, input, output);
  if (!job && !fmtconv_ctx_error (ctx))
    fuzz_broken ("a spec is refused without a message", NULL);
  if (job)
    fmtconv_job_to_spec (ctx, job);
  fmtconv_ctx_free (ctx);
}

/* Reads it as an input, of which less is needed; it may name itself. */
static void
inspect (const char *reader)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  if (!fmtconv_inspect (ctx, "in/x.yaml", reader) && !fmtconv_ctx_error (ctx))
    fuzz_broken ("a spec is refused without a message", reader);
  fmtconv_ctx_free (ctx);
}

void
fuzz_spec (const uint8_t *data, size_t size)
{
  const fmtconv_spec_variable given = { sizeof given, "a", size % 4 < 2 ? "${b}" : "in/full" };
  fuzz_enter_scratch ();
  write_files (data, size);
  convert (NULL, 0, NULL, NULL);
  convert (&given, 1, NULL, NULL);
  convert (&given, 1, "in/in.safetensors", size % 2 ? "out" : NULL);
  inspect (size % 2 ? NULL : size % 4 ? "spec:a=${b},folder.a=in,input=x" : "spec:folder.b=in,b=full");
}
