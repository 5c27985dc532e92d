/* tests/fuzz/libfuzzer.c: libFuzzer on the target that FMTCONV_FUZZ names.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"
#include <stdlib.h>

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator (uint8_t *data, size_t size, size_t max, unsigned seed);

static const fuzz_target *target;

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  (void) argc, (void) argv;
  const char *name = getenv ("FMTCONV_FUZZ");
  target = name ? fuzz_find (name) : NULL;
  if (!target)
    fuzz_broken ("set FMTCONV_FUZZ to the name of a target", name);
  return 0;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  target->run (data, size);
  return 0;
}

size_t
LLVMFuzzerCustomMutator (uint8_t *data, size_t size, size_t max, unsigned seed)
{
  fuzz_random random = { seed };
  return target->is_tree ? fuzz_mutate_tree (&random, data, size, max)
                         : fuzz_mutate (&random, data, size, max);
}
