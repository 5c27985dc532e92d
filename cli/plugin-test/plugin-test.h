/* cli/plugin-test/plugin-test.h: what the files of 'fmtconv test-plugin' share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_PLUGIN_TEST_H
#define CLI_PLUGIN_TEST_H

#include "cli.h"
#include <limits.h>

enum
{
  WORDS = 1024
};

/* Shared with a child, so that a crash can be told from what it did last. */
struct outcome
{
  char at[WORDS];    /* what is being done: "the first 17 bytes of the sample" */
  char wrong[WORDS]; /* what a test found; "": nothing */
  char error[WORDS]; /* first error message of the last call */
  int code;          /* its code; 0: none */
  unsigned cases;
  unsigned refused; /* of the cases, those that ended with a plain error */
};

struct tester
{
  const struct settings *s;
  const char *module; /* path of the plugin */
  const char *params; /* "": none */
  char name[256];     /* of the plugin */
  char folder[PATH_MAX];
  char tmp[64]; /* folder for files */
  struct outcome *outcome;
  bool is_reader;
  bool is_transform;
  bool is_writer;
  bool is_codec;
  bool reverses;
  unsigned number; /* tests so far */
  unsigned failed;
  unsigned skipped;
};

/* Prints the line of a test. */
void report (struct tester *t, bool good, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
void report_skip (struct tester *t, const char *what, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/* Returns the i-th sample; NULL: there is none. */
const char *sample_of (const struct tester *t, size_t i);

/* Runs a function in a child process of bounded time and memory.  Returns whether it ended by itself and found nothing
 * wrong; else outcome->wrong says what happened. */
bool run_child (struct tester *t, void (*run) (struct tester *t, void *arg), void *arg);

/* Reports the result of the last function that ran in a child. */
void report_found (struct tester *t, bool good, const char *what);

/* Runs a function in a child, and reports its result. */
bool report_child (struct tester *t, void (*run) (struct tester *t, void *arg), void *arg, const char *what);

/* Says what is being done, and what is wrong; the first complaint stays. */
void now_at (struct tester *t, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
void complain (struct tester *t, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* Returns a context whose first error goes to the outcome.  threads: 0: all cores. */
fmtconv_ctx *quiet_ctx (struct tester *t, unsigned flags, unsigned threads);

/* Returns the same with another folder of plugins. */
fmtconv_ctx *quiet_ctx_in (struct tester *t, const char *folder, unsigned flags, unsigned threads);

/* Returns "NAME" or "NAME:params" for the plugin, in a static buffer. */
const char *plugin_spec (const struct tester *t);

/* Converts; NULL for reader, transform or writer: detected, none, by name.  Returns whether it worked. */
bool convert (struct tester *t, unsigned threads, unsigned flags, const char *const plugins[3],
              const char *in, const char *out);

/* Returns whether the error of the last call is one that a user can understand and act on. */
bool is_plain_error (const struct tester *t);

/* Returns a path in the temporary folder, in one of several static buffers. */
const char *tmp_path (const struct tester *t, const char *name);

/* Files. */
bool put_bytes (const char *path, const void *bytes, size_t n);
unsigned char *get_bytes (const char *path, size_t *n);
bool make_folder (const char *path);
bool same_files (const char *a, const char *b); /* files, or folders with all that is in them */
void remove_all (const char *path);

/* The tests. */
bool test_module (struct tester *t);
void test_index (struct tester *t);
void test_reader (struct tester *t);
void test_transform (struct tester *t);
void test_writer (struct tester *t);
void test_codec (struct tester *t);

/* Writes a safetensors file of that kind: "plain", "empty", …; NULL ends the list of kinds. */
extern const char *const model_kinds[];
bool put_model (const char *path, const char *kind);

#endif
