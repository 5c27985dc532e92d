/* tests/fuzz/fuzz.h: what the targets of the fuzzer share: their table, and the files of an input.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_H
#define FUZZ_H

#include <fmtconv/fmtconv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Runs one input.  Calls fuzz_broken where the result contradicts what is promised. */
typedef void fuzz_run (const uint8_t *data, size_t size);

/* One corpus, and what it is run with. */
typedef struct fuzz_target
{
  const char *name; /* of the corpus: tests/fuzz/corpus/NAME.zip */
  fuzz_run *run;
  bool is_tree; /* an input holds several files: tree.c */
} fuzz_target;

/* Ends with a target without a name. */
extern const fuzz_target fuzz_targets[];

/* Returns the target of that name; NULL: there is none. */
const fuzz_target *fuzz_find (const char *name);

/* Prints what is wrong, and aborts, so that the fuzzer keeps the input. */
_Noreturn void fuzz_broken (const char *what, const char *detail);

fuzz_run fuzz_convert, fuzz_index, fuzz_journal, fuzz_json, fuzz_model, fuzz_pickle, fuzz_rules, fuzz_spec,
    fuzz_verify, fuzz_yaml, fuzz_zip;

/* ---- Files: tree.c.  An input that holds several files is "NAME SIZE\n", SIZE bytes and "\n" for each of them. */
enum
{
  FUZZ_MAX_FILES = 64,
  FUZZ_MAX_NAME = 100 /* bytes, with NUL */
};

typedef struct fuzz_file
{
  char name[FUZZ_MAX_NAME]; /* relative, of plain names */
  const uint8_t *bytes;
  size_t size;
} fuzz_file;

/* Splits an input, up to what is not a file.  Returns the number of files. */
size_t fuzz_tree_split (const uint8_t *data, size_t size, fuzz_file files[FUZZ_MAX_FILES]);

/* Writes the files as one input of at most `max` bytes.  Returns its size; 0: it does not fit. */
size_t fuzz_tree_join (const fuzz_file *files, size_t n, uint8_t *data, size_t max);

/* Makes an empty scratch folder the working folder.  It is removed at exit. */
void fuzz_enter_scratch (void);

/* Removes the folder, makes it anew, and writes the files into it. */
void fuzz_tree_write (const char *folder, const fuzz_file *files, size_t n);

/* Removes a file or folder with all that it holds. */
void fuzz_remove (const char *path);

/* Returns a copy of the bytes as text, cut at a NUL; freed by the caller. */
char *fuzz_text (const uint8_t *bytes, size_t size);

#endif
