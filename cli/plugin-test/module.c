/* cli/plugin-test/module.c: tests of the module and its descriptor.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugin-test.h"
#include <elf.h>
#include <fnmatch.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

/* Names of calls that only the core makes: of files, memory, threads, the terminal and the process. */
static const char *const forbidden[] = {
  "open*",     "fopen*",        "creat*", "read",      "write",  "pread*",    "pwrite*",      "mmap*",
  "malloc",    "calloc",        "free",   "realloc",   "printf", "puts",      "fprintf",      "exit",
  "_exit",     "abort",         "getenv", "setenv",    "system", "setlocale", "signal",       "fork",
  "exec*",     "popen",         "socket", "pthread_*", "dlopen", "dlsym",     "__printf_chk", "__fprintf_chk",
  "sigaction", "__assert_fail", "perror", "opendir",   "stat",   "fstat",     "thrd_*",
};

/* The dynamic symbols of a module. */
struct symbols
{
  const ElfW (Sym) * symbol;
  size_t n;
  const char *text;
  size_t text_bytes;
};

/* Finds the dynamic symbols in an ELF file of this machine.  Returns false if it is none. */
static bool
find_symbols (const unsigned char *file, size_t n, struct symbols *out)
{
  const ElfW (Ehdr) *head = (const void *) file;
  if (n < sizeof *head || memcmp (head->e_ident, ELFMAG, SELFMAG) || head->e_shentsize != sizeof (ElfW (Shdr))
      || head->e_shoff > n || (n - head->e_shoff) / sizeof (ElfW (Shdr)) < head->e_shnum)
    return false;
  const ElfW (Shdr) *section = (const void *) (file + head->e_shoff);
  for (size_t i = 0; i < head->e_shnum; i++)
    {
      const size_t link = section[i].sh_link;
      if (section[i].sh_type != SHT_DYNSYM || link >= head->e_shnum || section[i].sh_offset > n
          || n - section[i].sh_offset < section[i].sh_size || section[link].sh_offset > n
          || n - section[link].sh_offset < section[link].sh_size || !section[link].sh_size)
        continue;
      *out = (struct symbols){ .symbol = (const void *) (file + section[i].sh_offset),
                               .n = section[i].sh_size / sizeof (ElfW (Sym)),
                               .text = (const char *) file + section[link].sh_offset,
                               .text_bytes = section[link].sh_size };
      return !out->text[out->text_bytes - 1];
    }
  return false;
}

static const char *
name_of (const struct symbols *s, size_t i)
{
  return s->symbol[i].st_name < s->text_bytes ? s->text + s->symbol[i].st_name : "";
}

/* Appends a name to a list of names. */
static void
list (char *names, const char *name)
{
  const size_t n = strlen (names);
  snprintf (names + n, WORDS - n, "%s%s", n ? ", " : "", name);
}

static bool
is_forbidden (const char *name)
{
  for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
    if (!fnmatch (forbidden[i], name, 0))
      return true;
  return false;
}

/* Returns whether the compiler or a sanitizer defines the symbol in every module. */
static bool
is_usual (const char *name)
{
  return !strncmp (name, "__", 2) || !strcmp (name, "_init") || !strcmp (name, "_fini")
         || !strcmp (name, "_end") || !strcmp (name, "_edata");
}

static void
report_symbols (struct tester *t, const struct symbols *s)
{
  char wanted[300], exports[WORDS] = "", calls[WORDS] = "";
  size_t found = 0, n = (size_t) snprintf (wanted, sizeof wanted, "%s", t->name);
  for (size_t i = 0; i < n; i++)
    wanted[i] = wanted[i] == '-' ? '_' : wanted[i];
  snprintf (wanted + n, sizeof wanted - n, "_LTX_fmtconv_plugin");
  for (size_t i = 1; i < s->n; i++)
    {
      const char *name = name_of (s, i);
      const unsigned bind = ELF64_ST_BIND (s->symbol[i].st_info);
      if (s->symbol[i].st_shndx == SHN_UNDEF && is_forbidden (name))
        list (calls, name);
      else if (s->symbol[i].st_shndx != SHN_UNDEF && bind != STB_LOCAL && !strcmp (name, wanted))
        found++;
      else if (s->symbol[i].st_shndx != SHN_UNDEF && bind != STB_LOCAL && !is_usual (name))
        list (exports, name);
    }
  report (t, found == 1, "the module exports %s", wanted);
  report (t, !*exports, "the module exports nothing else");
  if (*exports)
    printf ("# it exports %s: declare them static, or compile with -fvisibility=hidden\n", exports);
  report (t, !*calls, "the module leaves files, memory, threads and the terminal to the core");
  if (*calls)
    printf ("# it calls %s\n", calls);
}

/* Lists the plugin; the child's answer is whether that works. */
static void
load (struct tester *t, void *arg)
{
  fmtconv_ctx *ctx = quiet_ctx (t, 0, 1);
  fmtconv_attr *found = ctx ? fmtconv_plugin_list (ctx, t->name) : NULL;
  const char *error = found && found->first ? fmtconv_attr_get_string (found->first, "error", NULL) : NULL;
  (void) arg;
  if (!found || !found->first)
    complain (t, "it is not found");
  else if (error)
    complain (t, "%s", error);
}

static bool
has_role (fmtconv_attr *plugin, const char *role)
{
  fmtconv_attr *roles = fmtconv_attr_get (plugin, "roles");
  for (const fmtconv_attr *r = roles ? roles->first : NULL; r; r = r->next)
    if (!strcmp (r->v.s, role))
      return true;
  return false;
}

/* Tests names, help texts and defaults of all parameters. */
static void
report_texts (struct tester *t, fmtconv_attr *plugin)
{
  char wrong[WORDS] = "";
  const char *summary = fmtconv_attr_get_string (plugin, "summary", "");
  fmtconv_attr *list_of = fmtconv_attr_get (plugin, "parameters");
  report (t, *summary && strlen (summary) <= 110 && !strchr (summary, '\n'),
          "the summary is one line of at most 110 bytes");
  for (fmtconv_attr *p = list_of ? list_of->first : NULL; p; p = p->next)
    {
      const char *key = fmtconv_attr_get_string (p, "key", ""),
                 *help = fmtconv_attr_get_string (p, "help", "");
      if (!*key || strspn (key, "|abcdefghijklmnopqrstuvwxyz0123456789-.*") != strlen (key) || !*help)
        list (wrong, *key ? key : "(no key)");
    }
  report (t, !*wrong, "every parameter has a key in lower-case letters, and a help text");
  if (*wrong)
    printf ("# without: %s\n", wrong);
}

/* Reads the roles.  The module was loaded in a child before, so it does not crash here. */
static bool
take_roles (struct tester *t)
{
  fmtconv_ctx *ctx = quiet_ctx (t, 0, 1);
  fmtconv_attr *found = ctx ? fmtconv_plugin_list (ctx, t->name) : NULL,
               *plugin = found ? found->first : NULL;
  const fmtconv_attr *reverse = plugin ? fmtconv_attr_get (plugin, "reverse") : NULL;
  t->is_reader = plugin && has_role (plugin, "reader");
  t->is_transform = plugin && has_role (plugin, "transform");
  t->is_writer = plugin && has_role (plugin, "writer");
  t->is_codec = plugin && has_role (plugin, "codec");
  t->reverses = reverse && reverse->v.i;
  report (t,
          t->is_reader || t->is_transform || t->is_writer || t->is_codec
              || (plugin && has_role (plugin, "transport")),
          "the descriptor has a role");
  if (plugin)
    report_texts (t, plugin);
  fmtconv_ctx_free (ctx);
  return plugin != NULL;
}

bool
test_module (struct tester *t)
{
  struct symbols symbols;
  size_t n;
  unsigned char *file = get_bytes (t->module, &n);
  const bool is_elf = file && find_symbols (file, n, &symbols);
  if (is_elf)
    report_symbols (t, &symbols);
  else
    report (t, false, "%s is a module of this machine", t->module);
  free (file);
  return report_child (t, load, NULL, "this fmtconv loads the module") && take_roles (t);
}
