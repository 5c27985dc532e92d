/* tests/unit/cogvideox-maps.h: models made from the lists of CogVideoX's tensors in tests/data/maps.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The maps hold a line for every tensor: SAT name, shape, operation, diffusers name, shape.  Shapes are the full
 * ones: a sparse file holds them.
 */
#ifndef COGVIDEOX_MAPS_H
#define COGVIDEOX_MAPS_H

#include "tests/unit/rules-help.h"
#include <fmtconv/plugin.h>
#include <stdio.h>

enum
{
  LINES = 2048,
  LINE = 512
};

typedef struct row /* a line of a map */
{
  char sat[160], op[40], hf[160];
  unsigned rank, hf_rank;
  uint64_t shape[FMTCONV_MAX_RANK], hf_shape[FMTCONV_MAX_RANK];
} row;

typedef struct map
{
  world *w;
  row *rows;
  size_t n;
  fmtconv_model *in;
} map;

/* Returns the content of the file HEAD MODEL TAIL among the maps. */
FILE *maps_open (const char *head, const char *model, const char *tail);

/* Parses "[1, 2]" or "1x2". Returns the rank. */
unsigned maps_shape (const char *text, uint64_t *shape);

/* Reads the lines of that model's map, and makes a frozen model of SAT's tensors, all f16. */
void map_read (const char *model, map *m);
void map_free (map *m);

/* Return the plugin with that role. The test is skipped if the build left the plugin out. */
const fmtconv_plugin *maps_transform (world *w, const char *name);
const fmtconv_plugin *maps_writer (world *w, const char *name);

#endif
