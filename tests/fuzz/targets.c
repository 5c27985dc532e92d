/* tests/fuzz/targets.c: the table of targets.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const fuzz_target fuzz_targets[] = {
  /* Parsers. */
  { "index", fuzz_index, false },
  { "journal", fuzz_journal, false },
  { "json", fuzz_json, false },
  { "model", fuzz_model, false },
  { "pickle", fuzz_pickle, false },
  { "rules", fuzz_rules, true },
  { "spec", fuzz_spec, false },
  { "verify", fuzz_verify, true },
  { "yaml", fuzz_yaml, false },
  { "zip", fuzz_zip, false },
  /* Conversions, by what is read or changed. */
  { "cogvideox", fuzz_convert, true },
  { "dcp", fuzz_convert, true },
  { "dequantize", fuzz_convert, true },
  { "folder", fuzz_convert, true },
  { "gguf", fuzz_convert, true },
  { "imatrix", fuzz_convert, true },
  { "lora", fuzz_convert, true },
  { "megatron", fuzz_convert, true },
  { "nemo", fuzz_convert, true },
  { "safetensors", fuzz_convert, true },
  { "sat", fuzz_convert, true },
  { "tokenizer", fuzz_convert, true },
  { "torch", fuzz_convert, true },
  { "zero", fuzz_convert, true },
  { NULL, NULL, false },
};

const fuzz_target *
fuzz_find (const char *name)
{
  for (const fuzz_target *target = fuzz_targets; target->name; target++)
    if (strcmp (target->name, name) == 0)
      return target;
  return NULL;
}

void
fuzz_broken (const char *what, const char *detail)
{
  fprintf (stderr, "fuzz: %s: %s\n", what, detail ? detail : "");
  abort ();
}
