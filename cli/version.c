/* cli/version.c: what --version prints.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include "sandbox.h"

/* Prints where plugins are searched, and the versions of the libraries. */
static void
print_build (fmtconv_attr *info)
{
  char sanitized[SANITIZED_SIZE], files[TEXT_SIZE];
  fmtconv_attr *list = fmtconv_attr_get (info, "libraries");
  printf ("\nplugins    %s (ABI %lld)\n",
          text_sanitized (sanitized, fmtconv_attr_get_string (info, "plugin_dir", "?")),
          (long long) fmtconv_attr_get_int (info, "abi", 0));
  printf ("presets    %s\n", text_sanitized (sanitized, fmtconv_attr_get_string (info, "preset_dir", "?")));
  for (fmtconv_attr *a = list ? list->first : NULL; a; a = a->next)
    printf ("%s%s %s", a == list->first ? "libraries  " : ", ", fmtconv_attr_get_string (a, "name", "?"),
            fmtconv_attr_get_string (a, "version", "?"));
  printf ("\nsandbox    system calls: %s, files: %s\n", sandbox_calls_text (),
          sandbox_files_text (files, sizeof files));
}

int
version_print (const struct settings *s)
{
  printf ("fmtconv %s\n"
          "Copyright (C) 2026 The fmtconv authors\n"
          "License Apache-2.0: Apache License, version 2.0\n"
          "<https://www.apache.org/licenses/LICENSE-2.0>\n"
          "This is free software: you are free to change and redistribute it.\n"
          "There is NO WARRANTY, to the extent permitted by law.\n",
          fmtconv_version ());
  fmtconv_ctx *ctx = s->verbosity >= PRINT_LISTS ? fmtconv_ctx_new (NULL) : NULL;
  fmtconv_attr *info = ctx ? fmtconv_build_info (ctx) : NULL;
  if (info)
    print_build (info);
  fmtconv_ctx_free (ctx);
  return fflush (stdout) || ferror (stdout) ? CLI_FAILED : CLI_DONE;
}
