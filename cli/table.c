/* cli/table.c: prints tensors as a table, one per line.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <fnmatch.h>
#include <string.h>

enum
{
  COLUMNS = 5,
  WIDEST = 100 /* a longer cell shifts the rest of its line */
};

/* The cells of a line: name, data type, shape, size, operations. */
struct line
{
  const char *cell[COLUMNS];
  char name[SANITIZED_SIZE], shape[256], bytes[TEXT_SIZE], stats[STATS_SIZE];
};

static void
fill (struct line *line, fmtconv_attr *tensor)
{
  line->cell[0] = text_sanitized (line->name, fmtconv_attr_get_string (tensor, "name", ""));
  line->cell[1] = fmtconv_attr_get_string (tensor, "dtype", "");
  line->cell[2] = text_shape (line->shape, sizeof line->shape, fmtconv_attr_get (tensor, "shape"));
  line->cell[3] = text_bytes (line->bytes, (uint64_t) fmtconv_attr_get_int (tensor, "bytes", 0));
  line->cell[4] =
      fmtconv_attr_get_string (tensor, "how", text_stats (line->stats, fmtconv_attr_get (tensor, "stats")));
}

/* Returns the number of UTF-8 characters. */
static int
width_of (const char *s)
{
  int n = 0;
  for (; *s; s++)
    n += ((unsigned char) *s & 0xc0) != 0x80;
  return n;
}

static bool
is_wanted (fmtconv_attr *tensor, const char *glob)
{
  return !glob || fnmatch (glob, fmtconv_attr_get_string (tensor, "name", ""), 0) == 0;
}

static void
measure (fmtconv_attr *list, const char *glob, int width[COLUMNS])
{
  struct line line;
  for (fmtconv_attr *t = list->first; t; t = t->next)
    {
      if (!is_wanted (t, glob))
        continue;
      fill (&line, t);
      for (int i = 0; i < COLUMNS; i++)
        {
          int n = width_of (line.cell[i]);
          width[i] = n > width[i] && n <= WIDEST ? n : width[i];
        }
    }
}

/* Sizes are aligned to the right; there is no padding after the last cell. */
static void
print_line (FILE *to, const struct line *line, const int width[COLUMNS], fmtconv_attr *from)
{
  int due = 0;
  for (int i = 0; i < COLUMNS; i++)
    {
      int pad = width[i] - width_of (line->cell[i]);
      pad = pad > 0 ? pad : 0;
      if (!*line->cell[i])
        due += width[i] + 2;
      else if (i == 3)
        fprintf (to, "%*s%s", due + pad, "", line->cell[i]), due = 2;
      else
        fprintf (to, "%*s%s", due, "", line->cell[i]), due = pad + 2;
    }
  char name[SANITIZED_SIZE];
  for (fmtconv_attr *f = from ? from->first : NULL; f; f = f->next)
    fprintf (to, "%*s%s%s", f == from->first ? due : 0, "", f == from->first ? "" : " + ",
             text_sanitized (name, f->v.s));
  fputc ('\n', to);
}

void
table_print (FILE *to, fmtconv_attr *list, const char *glob)
{
  int width[COLUMNS] = { 0 };
  struct line line;
  if (!list)
    return;
  measure (list, glob, width);
  for (fmtconv_attr *t = list->first; t; t = t->next)
    if (is_wanted (t, glob))
      {
        fill (&line, t);
        print_line (to, &line, width, fmtconv_attr_get (t, "from"));
      }
}
