/* tests/build/embed.c: a program that links the static library: lists the plugins, and where each comes from.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fmtconv/fmtconv.h>
#include <stdio.h>

int
main (int argc, char **argv)
{
  const char *folder = argc > 1 ? argv[1] : NULL;
  fmtconv_options options = { .struct_size = sizeof options,
                              .plugin_dirs = &folder,
                              .n_plugin_dirs = folder != NULL };
  fmtconv_ctx *ctx = fmtconv_ctx_new (&options);
  fmtconv_attr *list = ctx ? fmtconv_plugin_list (ctx, NULL) : NULL;
  for (fmtconv_attr *p = list ? list->first : NULL; p; p = p->next)
    if (fmtconv_attr_get (p, "installed")->v.i)
      printf ("%s: %s\n", fmtconv_attr_get_string (p, "name", "?"),
              fmtconv_attr_get_string (p, "error", fmtconv_attr_get_string (p, "path", "built in")));
  fmtconv_ctx_free (ctx);
  return !list;
}
