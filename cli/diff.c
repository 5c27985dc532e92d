/* cli/diff.c: the command that compares two checkpoints.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <string.h>

/* Exit status, as for diff(1). */
enum
{
  DIFF_EQUAL = 0,
  DIFF_DIFFERENT = 1,
  DIFF_TROUBLE = 2
};

static uint64_t
number (fmtconv_attr *node, const char *key)
{
  return (uint64_t) fmtconv_attr_get_int (node, key, 0);
}

static void
print_only (const char *side, fmtconv_attr *names)
{
  char sanitized[SANITIZED_SIZE];
  for (fmtconv_attr *a = names ? names->first : NULL; a; a = a->next)
    printf ("%s %s\n", side, text_sanitized (sanitized, a->v.s));
}

/* Returns data type and shape as text: "f16[2,3]". */
static const char *
form (char *buffer, size_t size, fmtconv_attr *of)
{
  char shape[256];
  snprintf (buffer, size, "%s%s", fmtconv_attr_get_string (of, "dtype", "?"),
            text_shape (shape, sizeof shape, fmtconv_attr_get (of, "shape")));
  return buffer;
}

/* Returns false if the number does not fit in a double; it is then not printed. */
static bool
has_figure (fmtconv_attr *values, const char *key, double *figure)
{
  const fmtconv_attr *node = fmtconv_attr_get (values, key);
  *figure = node && node->kind == FMTCONV_ATTR_FLOAT ? node->v.f : 0;
  return node && node->kind == FMTCONV_ATTR_FLOAT;
}

static void
print_values (fmtconv_attr *values)
{
  char differ[TEXT_SIZE], of[TEXT_SIZE], beyond[TEXT_SIZE];
  double figure;
  if (!number (values, "differ"))
    {
      printf (", equal values");
      return;
    }
  printf (", %s of %s values differ", text_number (differ, number (values, "differ")),
          text_number (of, number (values, "of")));
  if (has_figure (values, "max_abs", &figure))
    printf (", by at most %.3g", figure);
  if (has_figure (values, "rmse", &figure))
    printf (", RMSE %.3g", figure);
  if (has_figure (values, "snr_db", &figure))
    printf (", SNR %.1f dB", figure);
  if (number (values, "not_finite"))
    printf (", %s of them NaN or infinite", text_number (beyond, number (values, "not_finite")));
}

static void
print_tensor (fmtconv_attr *t)
{
  char a[SANITIZED_SIZE], b[SANITIZED_SIZE], sanitized[SANITIZED_SIZE];
  const char *name = text_sanitized (sanitized, fmtconv_attr_get_string (t, "name", ""));
  char differ[TEXT_SIZE], of[TEXT_SIZE];
  fmtconv_attr *values = fmtconv_attr_get (t, "values"), *bytes = fmtconv_attr_get (t, "bytes");
  form (a, sizeof a, fmtconv_attr_get (t, "a"));
  form (b, sizeof b, fmtconv_attr_get (t, "b"));
  printf ("! %s: %s", name, a);
  if (strcmp (a, b) != 0)
    printf (" and %s", b);
  if (values)
    print_values (values);
  if (bytes)
    printf (", %s of %s bytes differ", text_number (differ, number (bytes, "differ")),
            text_number (of, number (bytes, "of")));
  putchar ('\n');
}

static void
print_all (fmtconv_attr *report)
{
  char same[TEXT_SIZE], differ[TEXT_SIZE], a[TEXT_SIZE], b[TEXT_SIZE];
  fmtconv_attr *list = fmtconv_attr_get (report, "tensors"), *only_a = fmtconv_attr_get (report, "only_a"),
               *only_b = fmtconv_attr_get (report, "only_b");
  print_only ("<", only_a);
  print_only (">", only_b);
  for (fmtconv_attr *t = list ? list->first : NULL; t; t = t->next)
    print_tensor (t);
  printf ("%s equal, %s different, %s only in the first, %s only in the second\n",
          text_count (same, number (report, "same"), "tensor"),
          text_number (differ, number (report, "differ")), text_number (a, only_a->len),
          text_number (b, only_b->len));
}

int
run_diff (const struct settings *s)
{
  struct speaker *sp = speaker_of (s);
  if (s->n_arguments != 2)
    {
      print_usage ("diff takes two files or folders, %d given", s->n_arguments);
      return DIFF_TROUBLE;
    }
  const fmtconv_diff_side a = {
    .struct_size = sizeof a,
    .path = s->arguments[0],
    .reader = s->reader,
    .transforms = s->transforms,
    .n_transforms = s->n_transforms,
  };
  const fmtconv_diff_side b = { .struct_size = sizeof b, .path = s->arguments[1] };
  fmtconv_ctx *ctx = context_new (s, sp);
  fmtconv_attr *report = context_is_fine (ctx) ? fmtconv_diff (ctx, &a, &b) : NULL;
  int status = fmtconv_attr_get_int (report, "equal", 0) ? DIFF_EQUAL : DIFF_DIFFERENT;
  if (report && s->json)
    put_event ("diff", report);
  else if (report && s->verbosity >= PRINT_NOTES)
    print_all (report);
  bool done = report && fflush (stdout) == 0 && !ferror (stdout);
  return context_end (ctx, done) == CLI_DONE ? status : DIFF_TROUBLE;
}
