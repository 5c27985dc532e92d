/* core/pickle/memory.c: the memory of a pickle's values: slots of the memo, and pieces that are used again.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/scratch.h"
#include "core/pickle/find.h"
#include "core/pickle/memory.h"
#include <string.h>

enum
{
  STEP = 16, /* bytes between the sizes of pieces */
  WORD = 64  /* slots of the memo in a word */
};

fci_pickle_memory *
fci_pickle_memory_new (fmtconv_ctx *ctx, fmtconv_source *source, const uint8_t *bytes, uint32_t size,
                       const fci_pickle_survey *survey)
{
  fci_pickle_memory *memory = fmtconv_scratch_alloc (ctx, 1, sizeof *memory);
  uint64_t *fetched = fmtconv_scratch_alloc (ctx, survey->n, sizeof *fetched);
  uint32_t *before = fmtconv_scratch_alloc (ctx, survey->n, sizeof *before), n = 0;
  if (!memory || !fetched || !before)
    return NULL;
  for (uint32_t i = 0; i < survey->n; i++)
    {
      fetched[i] = survey->fetched[i];
      before[i] = n;
      n += (uint32_t) __builtin_popcountll (fetched[i]);
    }
  *memory = (fci_pickle_memory){ .ctx = ctx,
                                 .scratch = ctx->scratch,
                                 .source = source,
                                 .bytes = bytes,
                                 .size = size,
                                 .memo = { fetched, survey->n, survey->is_repeated },
                                 .before = before,
                                 .values = fmtconv_scratch_alloc (ctx, n, sizeof *memory->values) };
  return memory->values ? memory : NULL;
}

fmtconv_value *
fci_pickle_memory_slot (const fci_pickle_memory *memory, uint64_t index)
{
  const uint64_t word = index / WORD, bit = UINT64_C (1) << index % WORD;
  if (word >= memory->memo.n || !(memory->memo.fetched[word] & bit))
    return NULL;
  return &memory->values[memory->before[word]
                         + (unsigned) __builtin_popcountll (memory->memo.fetched[word] & (bit - 1))];
}

void *
fci_pickle_memory_take (fci_pickle_memory *memory, size_t n)
{
  const size_t size = (n + STEP - 1) / STEP;
  void *piece = size < FCI_PICKLE_GIVEN ? memory->given[size] : NULL;
  if (!piece)
    return fmtconv_scratch_alloc (memory->ctx, 1, n);
  memcpy (&memory->given[size], piece, sizeof piece);
  return memset (piece, 0, n);
}

/* A piece that is not used holds the address of the next. */
void
fci_pickle_memory_give (fci_pickle_memory *memory, void *piece, size_t n)
{
  const size_t size = (n + STEP - 1) / STEP;
  if (!piece || size == 0)
    return;
  if (size >= FCI_PICKLE_GIVEN)
    {
      fci_scratch_release (memory->ctx, piece, n);
      return;
    }
  memcpy (piece, &memory->given[size], sizeof piece);
  memory->given[size] = piece;
}

static void give_value (fci_pickle_memory *memory, const fmtconv_value *value);

static void
give_items (fci_pickle_memory *memory, fci_pickle_items *items)
{
  for (uint32_t i = 0; i < items->n; i++)
    give_value (memory, &items->at[i]);
  fci_pickle_items_give_array (memory, items);
  fci_pickle_memory_give (memory, items, sizeof *items);
}

/* Gives back a value that has one reference, which ends.  Calls are as deep as a fold has nodes. */
static void
give_value (fci_pickle_memory *memory, const fmtconv_value *value)
{
  if (fci_pickle_is_container (value) && !value->v.items->is_shared)
    give_items (memory, value->v.items);
  if (value->kind != FMTCONV_VALUE_OBJECT && value->kind != FMTCONV_VALUE_STORAGE)
    return;
  fci_pickle_object *object = value->v.object;
  if (object->is_shared)
    return;
  if (!object->is_folded)
    fci_pickle_memory_give_parts (memory, object);
  fci_pickle_memory_give (memory, object, sizeof *object);
}

void
fci_pickle_memory_give_parts (fci_pickle_memory *memory, const fci_pickle_object *object)
{
  fci_pickle_parts *parts = object->at.parts;
  give_value (memory, &parts->args);
  give_value (memory, &parts->state);
  if (parts->more)
    give_items (memory, parts->more);
  fci_pickle_memory_give (memory, parts, sizeof *parts);
}
