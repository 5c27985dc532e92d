/* core/rules/keys.c: the keys of a GGUF file that a model file describes, with the types that llama.cpp reads.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/attr.h"
#include "core/rules/keys.h"
#include <float.h>
#include <fmtconv/formats.h>
#include <math.h>
#include <string.h>

bool
fci_rule_has_keys (fmtconv_attr *tree)
{
  return fmtconv_attr_get (tree, FCI_KEYS) != NULL;
}

void
fci_rule_keys_choose (fmtconv_attr *tree, bool is_reverse)
{
  static const char *const first[] = { "library", "class", "config" };
  if (is_reverse)
    {
      fmtconv_attr_unset (tree, FCI_KEYS);
      fmtconv_attr_unset (tree, FCI_TENSORS);
    }
  for (size_t i = 0; !is_reverse && i < sizeof first / sizeof *first; i++)
    fmtconv_attr_unset (tree, first[i]);
}

/* Puts a list of numbers as a tensor of 32-bit floats. */
static void
put_tensor (fci_rule_run *run, const fmtconv_attr *list)
{
  const uint64_t n = list->len;
  unsigned char *bytes = fmtconv_ctx_alloc (run->ctx, list->len, 4), *at = bytes;
  for (fmtconv_attr *item = list->first; bytes && item; item = item->next, at += 4)
    {
      const float value = (float) fmtconv_attr_get_float (item, NULL, NAN);
      uint32_t bits;
      memcpy (&bits, &value, sizeof bits);
      for (unsigned i = 0; i < 4; i++)
        at[i] = (unsigned char) (bits >> (8 * i));
    }
  if (bytes)
    fmtconv_model_put (run->out, list->key,
                       fmtconv_view_leaf (fmtconv_source_memory (run->ctx, bytes, 4 * n, list->key), 0,
                                          FMTCONV_F32, 1, &n, NULL));
}

void
fci_rule_run_put_tensors (fci_rule_run *run)
{
  const fmtconv_attr *tensors = fmtconv_attr_get (run->attributes, FCI_TENSORS);
  for (const fmtconv_attr *list = tensors ? tensors->first : NULL; list; list = list->next)
    put_tensor (run, list);
  fmtconv_attr_unset (run->attributes, FCI_TENSORS);
}

/* Checks that computed tensors are lists of numbers, and leaves out null. */
static void
check_tensors (fci_rule_run *run)
{
  fmtconv_attr *tensors = fmtconv_attr_get (run->attributes, FCI_TENSORS);
  for (fmtconv_attr *list = tensors ? tensors->first : NULL, *next; list; list = next)
    {
      bool is_fine = list->kind == FMTCONV_ATTR_ARRAY && list->len;
      next = list->next;
      for (fmtconv_attr *item = is_fine ? list->first : NULL; item; item = item->next)
        is_fine = is_fine && isfinite ((float) fmtconv_attr_get_float (item, NULL, NAN));
      if (list->kind == FMTCONV_ATTR_NULL)
        fmtconv_attr_unset (tensors, list->key);
      else if (!is_fine)
        fci_rule_run_problem (run, FCI_PROBLEM_CONDITION,
                              "tensor '%s' of the output: it is not a list of numbers that fit into 32 bits",
                              list->key);
    }
}

/* Returns why a key cannot have the value; NULL: it can. */
static const char *
fault_of (const fmtconv_attr *value)
{
  switch (value->kind)
    {
    case FMTCONV_ATTR_FLOAT:
      return value->v.f >= -FLT_MAX && value->v.f <= FLT_MAX ? NULL : "does not fit into 32 bits";
    case FMTCONV_ATTR_INT:
      return value->v.i >= 0 && value->v.i <= UINT32_MAX ? NULL : "is not an integer from 0 to 4294967295";
    case FMTCONV_ATTR_UINT:
      return value->v.u <= UINT32_MAX ? NULL : "is not an integer from 0 to 4294967295";
    case FMTCONV_ATTR_OBJECT:
      return "is an object, not a value";
    default:
      return NULL;
    }
}

/* Sets a key of an object, or appends to an array: fractions become f32, as llama.cpp reads all of them; null is left out. */
static void
put (fci_rule_run *run, const char *key, fmtconv_attr *to, fmtconv_attr *value)
{
  const bool is_array = value->kind == FMTCONV_ATTR_ARRAY, is_item = to->kind == FMTCONV_ATTR_ARRAY;
  const char *name = is_item ? NULL : key;
  const char *fault = is_array && is_item ? "is a list of lists" : fault_of (value);
  if (value->kind == FMTCONV_ATTR_NULL || (is_array && !value->first))
    return;
  if (fault)
    fci_rule_run_problem (run, FCI_PROBLEM_CONDITION, "'%s' of the output %s", key, fault);
  else if (value->kind == FMTCONV_ATTR_FLOAT)
    fmtconv_attr_set_typed_float (to, name, value->v.f, 32);
  else if (is_array)
    {
      fmtconv_attr *items = fci_attr_new (run->ctx, FMTCONV_ATTR_ARRAY);
      for (fmtconv_attr *item = value->first; items && item; item = item->next)
        put (run, key, items, item);
      fmtconv_attr_set (to, name, items);
    }
  else
    fmtconv_attr_set (to, name, value);
}

void
fci_rule_run_keys (fci_rule_run *run)
{
  const fmtconv_attr *keys = fmtconv_attr_get (run->attributes, FCI_KEYS);
  fmtconv_attr *config = keys ? fmtconv_attr_object (run->ctx) : NULL,
               *whole = config ? fmtconv_attr_object (run->ctx) : NULL;
  for (fmtconv_attr *key = whole ? keys->first : NULL; key; key = key->next)
    if (*key->key == FCI_WHOLE)
      put (run, key->key + 1, whole, key);
    else
      put (run, key->key, config, key);
  if (!whole)
    return;
  check_tensors (run);
  /* The program that safetensors files are for. */
  fmtconv_attr_unset (fmtconv_attr_get (fmtconv_model_attrs (run->out), "metadata"), "format");
  fmtconv_attr_set (run->attributes, FCI_KEYS, whole);
  fmtconv_attr_set (run->attributes, "config", config);
}

void
fci_rule_run_put_keys (fci_rule_run *run)
{
  const fmtconv_attr *whole = fmtconv_attr_get (run->attributes, FCI_KEYS);
  if (whole && whole->first)
    fmtconv_attr_overlay (fmtconv_attr_make (fmtconv_model_attrs (run->out), "gguf"), (fmtconv_attr *) whole);
  fmtconv_attr_unset (run->attributes, FCI_KEYS);
}
