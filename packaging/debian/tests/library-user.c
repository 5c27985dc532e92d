/* debian/tests/library-user.c: a program that converts a checkpoint with the library.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fmtconv/fmtconv.h>
#include <stdio.h>

static void
print (void *arg, const fmtconv_message *message)
{
  (void) arg;
  fprintf (stderr, "program: %s\n", message->text);
}

int
main (int argc, char **argv)
{
  if (argc != 3)
    return 2;
  const fmtconv_options options = { .struct_size = sizeof options, .message = print };
  const fmtconv_job job = { .struct_size = sizeof job, .input = argv[1], .output = argv[2] };
  fmtconv_ctx *ctx = fmtconv_ctx_new (&options);
  const fmtconv_attr *report = fmtconv_convert (ctx, &job);
  int failed = !report || fmtconv_ctx_failed (ctx);
  fmtconv_ctx_free (ctx);
  return failed;
}
