/* cli/new-plugin.c: the command that makes a folder with the source of a new plugin, from the installed examples.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORD "example" /* stands for the name in the examples */

enum
{
  MAX_NAME = 64,
  MAX_CODEC = 29, /* its type is called NAME_8, of at most 31 letters */
  MAX_FILE = 1 << 16
};

/* The files of a role: from the examples, and what they become in the folder of the plugin. */
struct role
{
  int letter;
  const char *source;
  const char *index;  /* its entry in the index of known plugins */
  const char *sample; /* option of make check */
  const char *files[2];
};

static const struct role roles[] = {
  { 'r', "reader.c", "reader.yaml", " --sample sample.x", { "sample.x" } },
  { 't', "transform.c", "transform.yaml", "", { 0 } },
  { 'c', "codec.c", "codec.yaml", "", { 0 } },
  { 'w', "writer.c", "writer.yaml", " --sample sample.y", { "sample.y", "sample.y.data" } },
};

static bool
fail (const char *path)
{
  const char *text = strerror (errno);
  char sanitized[SANITIZED_SIZE];
  fprintf (stderr, "fmtconv: %s: %s\n", text_sanitized (sanitized, path), text);
  return false;
}

#ifdef FC_BUILT_PREFIX
/* Returns the installed folder of the examples in the tree that the program, PREFIX/bin/fmtconv, was moved to. */
static const char *
installed_folder (void)
{
  static const char built[] = FCI_EXAMPLE_DIR, prefix[] = FC_BUILT_PREFIX "/", program[] = "/bin/fmtconv";
  static char path[PATH_MAX];
  const ssize_t n = readlink ("/proc/self/exe", path, sizeof path - 1);
  path[n > 0 ? n : 0] = '\0';
  char *end = n >= (ssize_t) sizeof program ? path + n - (sizeof program - 1) : path;
  if (strcmp (end, program) != 0 || strncmp (built, prefix, sizeof prefix - 1) != 0)
    return built;
  snprintf (end, (size_t) (path + sizeof path - end), "%s", built + sizeof prefix - 2);
  return path;
}
#else
static const char *
installed_folder (void)
{
  return FCI_EXAMPLE_DIR;
}
#endif

/* Returns the folder of the examples. */
static const char *
example_folder (void)
{
  const char *path = getenv ("FMTCONV_EXAMPLE_PATH");
  return path && *path == '/' ? path : installed_folder ();
}

/* Reads an example.  Returns its bytes, with a NUL after them; NULL: an error (printed). */
static char *
get_example (const char *name, size_t *n)
{
  char path[PATH_MAX + NAME_MAX];
  snprintf (path, sizeof path, "%s/%s", example_folder (), name);
  FILE *file = fopen (path, "rb");
  char *text = file ? calloc (MAX_FILE + 1, 1) : NULL;
  *n = text ? fread (text, 1, MAX_FILE, file) : 0;
  if (file)
    fclose (file);
  if (!text)
    fail (path);
  return text;
}

/* Writes the text with the plugin's name: as it is in strings and names of files, and with '_' for '-' in identifiers. */
static void
put_named (FILE *file, const char *text, const char *name, const char *sample)
{
  for (const char *at = text; *at;)
    {
      const char *next = strstr (at, WORD), *mark = strstr (at, "@SAMPLE@");
      if (mark && (!next || mark < next))
        {
          fprintf (file, "%.*s%s", (int) (mark - at), at, sample);
          at = mark + strlen ("@SAMPLE@");
          continue;
        }
      const size_t n = next ? (size_t) (next - at) : strlen (at);
      fwrite (at, 1, n, file);
      at += n;
      if (!next)
        break;
      const char before = next > text ? next[-1] : ' ', after = next[strlen (WORD)];
      const bool is_identifier = before == '_' || after == '_' || after == ',';
      for (const char *c = name; *c; c++)
        fputc (is_identifier && *c == '-' ? '_' : *c, file);
      at += strlen (WORD);
    }
}

/* Writes a file of the plugin's folder.  name: NULL: a copy of the bytes. */
static bool
put_file (const char *folder, const char *to, const char *text, size_t n, const char *name,
          const char *sample)
{
  char path[PATH_MAX];
  snprintf (path, sizeof path, "%s/%s", folder, to);
  FILE *file = fopen (path, "wbx");
  if (!file)
    return fail (path);
  if (name)
    put_named (file, text, name, sample);
  else
    fwrite (text, 1, n, file);
  const bool good = !ferror (file);
  return fclose (file) == 0 && good ? true : fail (path);
}

/* Returns whether the examples are installed; prints what to install otherwise. */
static bool
has_examples (const struct role *role)
{
  char path[PATH_MAX];
  snprintf (path, sizeof path, "%s/%s", example_folder (), role->source);
  if (access (path, R_OK) == 0)
    return true;
  fprintf (stderr,
           "fmtconv: %s: %s (hint: install the development files of fmtconv, such as libfmtconv-dev or "
           "fmtconv-devel)\n",
           path, strerror (errno));
  return false;
}

static bool
copy_example (const char *folder, const char *from, const char *to, const char *name, const char *sample)
{
  size_t n;
  char *text = get_example (from, &n);
  const bool good = text && put_file (folder, to, text, n, name, sample);
  free (text);
  return good;
}

static bool
fill_folder (const char *name, const struct role *role)
{
  char source[MAX_NAME + 8], index[MAX_NAME + 8];
  snprintf (source, sizeof source, "%s.c", name);
  snprintf (index, sizeof index, "%s.yaml", name);
  bool good = copy_example (name, role->source, source, name, "")
              && copy_example (name, role->index, index, name, "")
              && copy_example (name, "Makefile.example", "Makefile", name, role->sample)
              && put_file (name, ".gitignore", "*.so\n", strlen ("*.so\n"), NULL, "");
  for (size_t i = 0; i < 2 && good && role->files[i]; i++)
    good = copy_example (name, role->files[i], role->files[i], NULL, "");
  return good;
}

static unsigned
most_of (const struct role *role)
{
  return role->letter == 'c' ? MAX_CODEC : MAX_NAME;
}

/* Returns whether it can be the name of a plugin of the role: [a-z][a-z0-9-]{0,63}, shorter for a codec. */
static bool
is_name (const char *name, const struct role *role)
{
  const size_t n = strlen (name);
  return n > 0 && n <= most_of (role) && islower ((unsigned char) *name)
         && strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

/* Checks that no plugin or model of this name is known, which the new one would hide or be hidden by.  Returns the exit status,
 * after a message. */
static int
check_free (const struct settings *s, const char *name)
{
  fmtconv_ctx *ctx = context_new (s, speaker_of (s));
  fmtconv_attr *list = context_is_fine (ctx) ? fmtconv_plugin_list (ctx, NULL) : NULL;
  fmtconv_attr *p = list ? list->first : NULL;
  while (p && strcmp (fmtconv_attr_get_string (p, "name", ""), name) != 0)
    p = p->next;
  if (p)
    print_usage ("'%s' is the name of a known plugin ('fmtconv help %s'): choose another", name, name);
  const bool is_taken = p != NULL;
  const int status = context_end (ctx, list != NULL);
  return is_taken ? CLI_USAGE : status;
}

int
run_new_plugin (const struct settings *s)
{
  const struct role *role = &roles[1];
  int status;
  const char *name = s->n_arguments == 1 ? s->arguments[0] : "";
  for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
    role = roles[i].letter == s->role ? &roles[i] : role;
  if (s->n_arguments != 1)
    print_usage ("new-plugin takes the name of the plugin");
  else if (!is_name (name, role))
    print_usage ("'%s' cannot be the name of a %s: it begins with a lower-case letter, which at most %u "
                 "lower-case letters, digits and '-' follow",
                 name, role->letter == 'c' ? "codec" : "plugin", most_of (role) - 1);
  else if ((status = check_free (s, name)) != CLI_DONE)
    return status;
  else if (!has_examples (role))
    return CLI_FAILED;
  else if (mkdir (name, 0777))
    {
      fail (name);
      return CLI_FAILED;
    }
  else if (!fill_folder (name, role))
    {
      rmdir (name); /* if nothing is in it, as without the examples */
      return CLI_FAILED;
    }
  else
    {
      if (s->verbosity >= PRINT_NOTES)
        printf ("%s/ is a plugin. Next: cd %s && make check; then edit %s.c, and with it %s.yaml, its "
                "entry in the index; man fmtconv-plugin\n",
                name, name, name, name);
      return CLI_DONE;
    }
  return CLI_USAGE;
}
