/* core/plan/plan.h: a plan (a layout compiled to runs of bytes) and its cost.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_PLAN_H
#define FCI_PLAN_PLAN_H

#include "core/layout/layout.h"

typedef struct fci_plan fci_plan;

/* Which part of a plan an execution does. */
typedef struct fci_dealing
{
  unsigned share;  /* from 1, of … */
  unsigned shares; /* … so many; 0: all of it */
  bool gathers;    /* nothing, as shares did all: what they wrote is published */
} fci_dealing;

/* Cost of a plan, known without reading data. */
typedef struct fci_cost
{
  uint64_t written; /* bytes of output */
  uint64_t read; /* bytes of sources that are known to be read; bytes that several layouts share count once */
  uint64_t copied;    /* bytes of output that are copied unchanged */
  uint64_t gathered;  /* … moved by strides or byte order only */
  uint64_t converted; /* … cast or scaled */
  uint64_t literal;   /* … headers and padding */
  uint64_t compared;  /* bytes of elements that must be equal to others */
  uint64_t measured;  /* bytes of sources that an earlier pass reads for the largest values of blocks */
  uint64_t scratch;   /* memory bound for tensor data, bytes */
  uint64_t unit;      /* largest unit, bytes of output */
  uint64_t memory;    /* bytes of the plan itself */
  unsigned threads;   /* as many as fit the memory bound */
  size_t units;
  size_t runs;
  size_t pairs; /* pairs of views that must be equal */
} fci_cost;

#endif
