/* tests/contract/each.h: the plugins of the build, one by one.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EACH_H
#define EACH_H

#include "core/api/builtins.h"
#include "core/base/ctx.h"
#include "core/plugin/registry.h"
#include "tests/unit/messages.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Loads the module of that name. */
static inline const fci_module *
loaded (fmtconv_ctx *ctx, const char *name)
{
  const fci_module *module = fci_module_find (ctx, name);
  cr_assert_not_null (module, "plugin '%s' was built and is not found", name);
  cr_assert_not_null (module->plugin, "%s: %s", name, module->error);
  return module;
}

/* Loads the modules that were built, FMTCONV_BUILT="plugins/cast.la plugins/torch.la", and those that the library
 * itself holds.  Returns their number; the list is in the memory of ctx. */
static inline size_t
each_plugin (fmtconv_ctx *ctx, const fci_module ***modules)
{
  size_t n = 0, builtins = 0;
  const char *built = getenv ("FMTCONV_BUILT");
  cr_assert_not_null (built, "'make check' says in FMTCONV_BUILT what it built");
  if (!*built)
    cr_skip ("every plugin was left out");
  while (fci_builtins[builtins])
    builtins++;
  const fci_module **list = fmtconv_ctx_alloc (ctx, strlen (built) + builtins, sizeof *list);
  char *names = strdup (built);
  cr_assert (list && names);
  for (char *save, *at = strtok_r (names, " ", &save); at; at = strtok_r (NULL, " ", &save))
    {
      char *slash = strrchr (at, '/'), *name = slash ? slash + 1 : at;
      name[strcspn (name, ".")] = '\0';
      list[n++] = loaded (ctx, name);
    }
  free (names);
  cr_assert_gt (n, 0, "'%s' names no plugin", built);
  for (size_t i = 0; i < builtins; i++)
    list[n++] = loaded (ctx, fci_builtins[i]->name);
  *modules = list;
  return n;
}

#define EACH_PLUGIN(plugin)                       \
  captured h;                                     \
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL); \
  const fci_module **modules = NULL;              \
  size_t n_modules = each_plugin (ctx, &modules); \
  const fmtconv_plugin *plugin;                   \
  for (size_t number = 0; number < n_modules && (plugin = modules[number]->plugin); number++)

#endif
