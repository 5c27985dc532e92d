/* tests/unit/naive.h: views as plain arrays, element by element, and random views with their arrays.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An element is a number made from where it is stored and what was done to it.  Each operation is
 * done a second time here on indices alone, without boxes, strides or normal forms. */
#ifndef TEST_NAIVE_H
#define TEST_NAIVE_H

#include "core/view/view.h"
#include <fmtconv/fmtconv.h>

typedef struct naive
{
  fmtconv_view *view;
  uint32_t dtype;
  unsigned rank;
  uint64_t shape[FMTCONV_MAX_RANK];
  uint64_t n;
  uint64_t *at;    /* n elements, row-major */
  bool *unrounded; /* whether an element has operations since the last cast */
} naive;

/* The sources of random views. */
typedef struct world
{
  fmtconv_ctx *ctx;
  uint64_t random;
  fmtconv_source *sources[3];
} world;

world world_new (uint64_t seed);
uint64_t pick (world *w, uint64_t n); /* 0 … n-1 */

naive naive_leaf (world *w, uint32_t dtype, unsigned rank, const uint64_t *shape);

/* A leaf of a block type, with strides of full blocks along all axes but the last. */
naive naive_blocks (world *w, uint32_t dtype, unsigned rank, const uint64_t *shape);
naive naive_slice (world *w, const naive *v, unsigned axis, uint64_t start, uint64_t count);
naive naive_gather (world *w, const naive *v, unsigned axis, size_t n, const uint64_t *indices);
naive naive_concat (world *w, unsigned axis, size_t n, const naive *views);
naive naive_permute (world *w, const naive *v, const unsigned *axes);
naive naive_reshape (world *w, const naive *v, unsigned rank, const uint64_t *shape);
naive naive_cast (world *w, const naive *v, uint32_t dtype);
naive naive_scale (world *w, const naive *v, double factor);
naive naive_add_scalar (world *w, const naive *v, double number);
naive naive_lowrank (world *w, const naive *v, const naive *b, const naive *a, double factor);

/* Along axis i, block[i] indices share one factor. */
naive naive_multiply (world *w, const naive *v, const naive *factors, const uint64_t *block, bool divide);

naive naive_add (world *w, const naive *v, const naive *other, double factor);

/* Returns an addend for a view: leaves in some order of axes, concatenated, cast, multiplied by factors that vary, or sums
 * themselves. */
naive naive_addend (world *w, const naive *v, unsigned depth);

/* Returns factors for a view, and their blocks: a leaf, or concatenated leaves, sometimes multiplied by
 * one number or cast. */
naive naive_factors (world *w, const naive *v, uint64_t *block);

/* Returns a matrix that can be a factor of a product: a leaf, or leaves concatenated along `axis`,
 * sometimes scaled or cast. */
naive naive_factor (world *w, uint64_t rows, uint64_t columns, unsigned axis);

/* Returns a random view with up to `depth` nested operations. */
naive naive_random (world *w, unsigned depth);

/* Returns the rank of another shape with the same number of elements. */
unsigned naive_other_shape (world *w, const naive *v, uint64_t *shape);

/* Returns a random order of the axes. */
void naive_axes (world *w, unsigned rank, unsigned *axes);

/* Returns the defect of the normal form of v->view: not sorted, not disjoint, not covering, wrong
 * elements. NULL: none. */
const char *naive_wrong (world *w, const naive *v);

#endif
