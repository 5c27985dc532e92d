/* tests/unit/cogvideox-maps.c: models made from the lists of CogVideoX's tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/cogvideox-maps.h"
#include "core/model/freeze.h"
#include "core/model/new.h"
#include "core/plugin/registry.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

FILE *
maps_open (const char *head, const char *model, const char *tail)
{
  char path[1024];
  snprintf (path, sizeof path, "%s/%s%s%s", TEST_MAPS, head, model, tail);
  FILE *file = fopen (path, "r");
  cr_assert (file, "%s", path);
  return file;
}

unsigned
maps_shape (const char *text, uint64_t *shape)
{
  unsigned rank = 0;
  for (const char *s = text; *(s += strcspn (s, "0123456789")); rank++)
    {
      char *end;
      cr_assert_lt (rank, (unsigned) FMTCONV_MAX_RANK);
      shape[rank] = strtoull (s, &end, 10);
      s = end;
    }
  return rank;
}

static void
parse_row (char *line, row *r)
{
  char *field[5];
  for (int i = 0; i < 5; i++)
    {
      field[i] = strsep (&line, "\t\n");
      cr_assert (field[i]);
    }
  snprintf (r->sat, sizeof r->sat, "%s", field[0]);
  snprintf (r->op, sizeof r->op, "%s", field[2]);
  snprintf (r->hf, sizeof r->hf, "%s", field[3]);
  r->rank = maps_shape (field[1], r->shape);
  r->hf_rank = maps_shape (field[4], r->hf_shape);
}

void
map_read (const char *model, map *m)
{
  char line[LINE];
  FILE *file = maps_open ("", model, ".tsv");
  m->w = world_new ();
  m->rows = calloc (LINES, sizeof *m->rows);
  m->in = fci_model_new (m->w->ctx, NULL);
  m->n = 0;
  cr_assert (m->rows && fgets (line, sizeof line, file));
  while (fgets (line, sizeof line, file))
    {
      cr_assert_lt (m->n, (size_t) LINES);
      row *r = &m->rows[m->n++];
      parse_row (line, r);
      if (!fmtconv_model_find (m->in, r->sat))
        put_leaf (m->w, m->in, r->sat, r->rank, r->shape);
    }
  fclose (file);
  cr_assert_eq (fci_model_freeze (m->in, "test"), 0);
}

void
map_free (map *m)
{
  free (m->rows);
  world_free (m->w);
}

static const fmtconv_plugin *
plugin_of (world *w, const char *name)
{
  const fci_module *module = fci_module_find (w->ctx, name);
  if (!module)
    cr_skip_test ("%s is not built", name);
  cr_assert (module->plugin, "%s", module->error);
  return module->plugin;
}

const fmtconv_plugin *
maps_transform (world *w, const char *name)
{
  const fmtconv_plugin *plugin = plugin_of (w, name);
  cr_assert_not_null (plugin->transform, "%s", name);
  return plugin;
}

const fmtconv_plugin *
maps_writer (world *w, const char *name)
{
  const fmtconv_plugin *plugin = plugin_of (w, name);
  cr_assert_not_null (plugin->writer, "%s", name);
  return plugin;
}
