/* core/rules/file-places.c: keeps where a file of rules has its attributes and values, for errors when they are computed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/yaml-check.h"
#include "core/base/ctx.h"
#include "core/rules/file-parts.h"
#include <string.h>

/* The keys whose entries are kept. */
static const char *const maps[] = { "config", "gguf", "tensors", "let" };

enum
{
  N_MAPS = sizeof maps / sizeof *maps
};

static fmtconv_rules_place
place_of (const fci_yaml *node, const char *map)
{
  return (fmtconv_rules_place){
    .map = map, .key = node->key, .line = (unsigned) node->at.line, .column = (unsigned) node->at.column
  };
}

/* Adds the places of all keys in a map, inside other maps and lists too. */
static fmtconv_rules_place *
add_places (const fci_yaml *map, const char *name, fmtconv_rules_place *to)
{
  for (const fci_yaml *node = map ? map->first : NULL; node; node = node->next)
    {
      if (node->key)
        *to++ = place_of (node, name);
      if (node->kind == FCI_YAML_MAP || node->kind == FCI_YAML_LIST)
        to = add_places (node, name, to);
    }
  return to;
}

/* Returns how many nodes there are below a map or list. */
static size_t
n_nodes (const fci_yaml *node)
{
  size_t n = 0;
  for (const fci_yaml *child = node ? node->first : NULL; child; child = child->next)
    n += 1 + (child->kind == FCI_YAML_MAP || child->kind == FCI_YAML_LIST ? n_nodes (child) : 0);
  return n;
}

/* Returns the place of a name in `let`, or NULL. */
static fmtconv_rules_place *
find_let (fmtconv_rules_place *places, const char *name)
{
  for (fmtconv_rules_place *place = places; place->key; place++)
    if (place->map && !strcmp (place->map, "let") && !strcmp (place->key, name))
      return place;
  return NULL;
}

/* Reads `help`: what people should know of names in `let`. */
static int
take_help (const fci_reading *r, const fci_yaml *map, fmtconv_rules_place *places)
{
  const fci_yaml *help = fci_yaml_find (map, "help");
  if (!help || fci_yaml_is (&r->file, help, FCI_YAML_MAP, "help"))
    return fmtconv_ctx_failed (r->file.ctx);
  for (const fci_yaml *node = help->first; node; node = node->next)
    {
      fmtconv_rules_place *place = find_let (places, node->key);
      if (!place)
        return fci_yaml_fail (&r->file, node->at, "'let' has no name '%s'", node->key);
      if (fci_take_text (r, help, node->key, &place->help))
        break;
    }
  return fmtconv_ctx_failed (r->file.ctx);
}

int
fci_take_places (const fci_reading *r, const fci_yaml *map)
{
  const fci_yaml *title = fci_yaml_find (map, "title");
  size_t n = 2;
  for (size_t i = 0; i < N_MAPS; i++)
    n += n_nodes (fci_yaml_find (map, maps[i]));
  fmtconv_rules_place *places = fmtconv_ctx_alloc (r->file.ctx, n, sizeof *places), *to = places;
  if (!places)
    return fmtconv_ctx_failed (r->file.ctx);
  r->table->places = places;
  for (size_t i = 0; i < N_MAPS; i++)
    to = add_places (fci_yaml_find (map, maps[i]), maps[i], to);
  if (title)
    *to = place_of (title, NULL);
  return take_help (r, map, places);
}
