/* core/plugin/segments.c: notices a module that is truncated, before the loader maps bytes that it does not have.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/size.h"
#include "core/plugin/segments.h"
#include <inttypes.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Reads the header of an ELF file of this machine.  Returns false if it is another file. */
static bool
read_header (FILE *file, ElfW (Ehdr) * head)
{
  const unsigned char class = sizeof (void *) == 8 ? ELFCLASS64 : ELFCLASS32;
  return fread (head, sizeof *head, 1, file) == 1 && memcmp (head->e_ident, ELFMAG, SELFMAG) == 0
         && head->e_ident[EI_CLASS] == class && head->e_phentsize == sizeof (ElfW (Phdr));
}

const char *
fci_segments_fault (fmtconv_ctx *ctx, const char *path)
{
  ElfW (Ehdr) head;
  ElfW (Phdr) segment;
  struct stat st;
  const char *fault = NULL;
  FILE *file = fopen (path, "rbe");
  if (!file)
    return NULL;
  bool is_elf = fstat (fileno (file), &st) == 0 && read_header (file, &head)
                && fseeko (file, (off_t) head.e_phoff, SEEK_SET) == 0;
  for (unsigned i = 0; is_elf && !fault && i < head.e_phnum; i++)
    {
      is_elf = fread (&segment, sizeof segment, 1, file) == 1;
      if (is_elf && segment.p_type == PT_LOAD
          && !fci_size_within (segment.p_offset, segment.p_filesz, (uint64_t) st.st_size))
        fault = fmtconv_ctx_printf (
            ctx,
            "it is truncated: the file has %" PRIu64 " bytes, and a segment is at %" PRIu64 " with %" PRIu64
            " bytes: install it again",
            (uint64_t) st.st_size, (uint64_t) segment.p_offset, (uint64_t) segment.p_filesz);
    }
  fclose (file);
  return fault;
}
