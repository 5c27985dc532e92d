/* core/plan/digest.c: a 64-bit digest of a plan.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/plan/digest.h"
#include "core/plan/run.h"

/* Updates a digest with a number.  The shift brings high bits, where multiplication mixes well, to the low ones. */
static uint64_t
mix (uint64_t digest, uint64_t number)
{
  digest = (digest ^ number) * UINT64_C (0x9e3779b97f4a7c15);
  return digest ^ digest >> 32;
}

uint64_t
fci_plan_digest (const fci_plan *plan)
{
  uint64_t digest = UINT64_C (0xcbf29ce484222325);
  for (size_t i = 0; i < plan->files.n; i++)
    {
      const fmtconv_file *file = FCI_FILES (plan)[i].file;
      for (const char *s = file->name; *s; s++)
        digest = mix (digest, (uint8_t) *s);
      digest = mix (digest, file->size);
    }
  for (size_t i = 0; i < plan->runs.n; i++)
    {
      const fci_run *run = &FCI_RUNS (plan)[i];
      digest = mix (mix (mix (mix (digest, run->kind), run->size), run->from), run->wanted);
      if (run->kind == FCI_RUN_DIGEST && run->u.region->kind == FCI_REGION_DIGEST)
        digest = mix (digest, run->u.region->u.digest.last->wanted);
    }
  return digest;
}
