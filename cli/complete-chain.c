/* cli/complete-chain.c: completes READER, TRANSFORM and WRITER: plugins, their parameters and values.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "complete.h"
#include <string.h>

/* What is completed: "map:rules=" has a plugin, and the key "rules" is followed by the value at byte 10. */
struct chain
{
  const struct words *w;
  char role;      /* 'r', 't' or 'w' */
  size_t name_at; /* bytes of the word before the plugin's name */
  fmtconv_attr *plugin;
  size_t piece_at; /* bytes before the last key or value that stands alone */
  const char *piece;
  const char *equals; /* after the key; NULL: not typed */
};

static const char *
string (fmtconv_attr *node, const char *key)
{
  return fmtconv_attr_get_string (node, key, "");
}

static bool
has_role (fmtconv_attr *plugin, char role)
{
  fmtconv_attr *roles = fmtconv_attr_get (plugin, "roles");
  for (fmtconv_attr *r = roles ? roles->first : NULL; r; r = r->next)
    if (*r->v.s == role)
      return true;
  return false;
}

/* Returns the names of a parameter one by one: "rule|keep" has two.  *at: NULL at first. */
static const char *
next_key (fmtconv_attr *param, const char **at, char key[TEXT_SIZE])
{
  const char *from = *at ? *at : string (param, "key");
  const size_t n = strcspn (from, "|");
  if (!*from)
    return NULL;
  snprintf (key, TEXT_SIZE, "%.*s", (int) n, from);
  *at = from + n + (from[n] == '|');
  return key;
}

static fmtconv_attr *
parameters (const struct chain *c)
{
  fmtconv_attr *list = fmtconv_attr_get (c->plugin, "parameters");
  return list ? list->first : NULL;
}

/* Returns the parameter that the key, n bytes, names; NULL: none. */
static fmtconv_attr *
find_param (const struct chain *c, const char *typed, size_t n)
{
  for (fmtconv_attr *p = parameters (c); p; p = p->next)
    {
      char key[TEXT_SIZE];
      for (const char *at = NULL; *string (p, "role") == c->role && next_key (p, &at, key);)
        {
          const size_t len = strlen (key);
          if ((len == n && !strncmp (key, typed, n))
              || (len > 2 && !strcmp (key + len - 2, ".*") && n > len - 1 && !strncmp (key, typed, len - 1)))
            return p;
        }
    }
  return NULL;
}

/* Offers the values of a list "a|b|c". */
static void
offer_choices (size_t n, const char *list)
{
  for (size_t len; *list; list += len + (list[len] == '|'))
    {
      char value[TEXT_SIZE];
      len = strcspn (list, "|");
      snprintf (value, sizeof value, "%.*s", (int) len, list);
      offer (n, value, "", NULL);
    }
}

/* Offers the names of plain data types. */
static void
offer_dtypes (size_t n)
{
  for (uint32_t i = FMTCONV_BOOL; i < FMTCONV_GGML; i++)
    if (fmtconv_dtype_get (i))
      offer (n, fmtconv_dtype_get (i)->name, "", NULL);
}

/* Offers what the plugin suggests.  Returns whether it suggests anything. */
static bool
offer_suggested (fmtconv_attr *param, size_t n)
{
  fmtconv_attr *list = fmtconv_attr_get (param, "values");
  for (fmtconv_attr *v = list ? list->first : NULL; v; v = v->next)
    offer (n, v->v.s, "", NULL);
  return list != NULL;
}

/* Offers tensors for a glob, and the types after one: the values of "to". */
static void
offer_glob (const struct chain *c, fmtconv_attr *param, size_t n, const char *value)
{
  const char *equals = strrchr (value, '=');
  const bool is_rule = strstr (string (param, "help"), "GLOB=") && strncmp (c->piece, "keep", 4);
  fmtconv_attr *to = find_param (c, "to", 2);
  if (!is_rule || !equals)
    offer_tensors (c->w, n, is_rule ? "=" : "");
  else if (to && !offer_suggested (to, n + (size_t) (equals - value) + 1))
    offer_dtypes (n + (size_t) (equals - value) + 1);
}

static bool
is_glob (fmtconv_attr *param)
{
  const char *help = string (param, "help"), *key = string (param, "key");
  return !strcmp (string (param, "type"), "pairs") && !strstr (key, ".*")
         && (strstr (help, "GLOB") || strstr (help, "glob"));
}

/* Offers values of a parameter after n bytes of the word. */
static void
offer_values (const struct chain *c, fmtconv_attr *param, size_t n, const char *value)
{
  const char *type = string (param, "type");
  if (is_glob (param))
    offer_glob (c, param, n, value);
  else if (offer_suggested (param, n))
    return;
  else if (!strcmp (type, "bool"))
    offer_choices (n, "yes|no");
  else if (!strcmp (type, "dtype"))
    offer_dtypes (n);
  else if (!strcmp (type, "input") || !strcmp (type, "inputs"))
    offer_files (n);
  else if (strchr (type, '|'))
    offer_choices (n, type);
}

/* Offers the keys, and the values of the main parameter, which needs no key. */
static void
offer_keys (const struct chain *c)
{
  fmtconv_attr *main = NULL;
  for (fmtconv_attr *p = parameters (c); p; p = p->next)
    {
      char key[TEXT_SIZE];
      for (const char *at = NULL; *string (p, "role") == c->role && next_key (p, &at, key);)
        {
          const size_t len = strlen (key);
          const bool is_stem = len > 2 && !strcmp (key + len - 2, ".*");
          if (!strcmp (key, "*"))
            continue;
          key[is_stem ? len - 1 : len] = '\0';
          offer (c->piece_at, key, is_stem ? "" : "=", string (p, "help"));
        }
      main = *string (p, "role") == c->role && *string (p, "main") ? p : main;
    }
  if (c->role == 't' && fmtconv_attr_get_int (c->plugin, "reverse", 0))
    offer (c->piece_at, "reverse", "", "apply the rules in reverse");
  if (main)
    offer_values (c, main, c->piece_at, c->piece);
}

/* Returns the last piece of "NAME:key=value,key=value": a comma after a backslash belongs to a value. */
static const char *
last_piece (const char *params)
{
  const char *piece = params;
  for (const char *at = params; *at; at++)
    if (*at == '\\' && at[1])
      at++;
    else if (*at == ',')
      piece = at + 1;
  return piece;
}

/* Offers the names of the plugins with the role, which may take parameters. */
static void
offer_names (const struct chain *c, fmtconv_attr *all)
{
  const char *typed = c->w->word + c->name_at;
  for (fmtconv_attr *p = all->first; p; p = p->next)
    {
      const char *name = string (p, "name");
      if (!has_role (p, c->role))
        continue;
      offer (c->name_at, name, "", string (p, "summary"));
      if (!strcmp (name, typed))
        offer (c->name_at, name, ":", "with parameters");
    }
  if (c->role == 't' && c->name_at == c->w->skip)
    offer (c->name_at, "none", "", "no transform");
  if (c->role == 't' && c->name_at == c->w->skip)
    offer_components (c->w);
}

static fmtconv_attr *
find_plugin (fmtconv_attr *all, const char *name, size_t n)
{
  for (fmtconv_attr *p = all->first; p; p = p->next)
    if (strlen (string (p, "name")) == n && !strncmp (string (p, "name"), name, n))
      return p;
  return NULL;
}

static void
offer_parameters (struct chain *c, fmtconv_attr *all, const char *colon)
{
  const char *word = c->w->word;
  c->plugin = find_plugin (all, word + c->name_at, (size_t) (colon - word) - c->name_at);
  c->piece = last_piece (colon + 1);
  c->piece_at = (size_t) (c->piece - word);
  c->equals = strchr (c->piece, '=');
  if (!c->plugin || !has_role (c->plugin, c->role))
    return;
  fmtconv_attr *param = c->equals ? find_param (c, c->piece, (size_t) (c->equals - c->piece)) : NULL;
  if (param)
    offer_values (c, param, (size_t) (c->equals - word) + 1, c->equals + 1);
  else if (!c->equals)
    offer_keys (c);
}

/* Returns the plugins, or only that of the first `n` bytes of `name`, so that no other is loaded. */
static fmtconv_attr *
list_plugins (fmtconv_ctx *ctx, const char *name, size_t n)
{
  char only[TEXT_SIZE];
  snprintf (only, sizeof only, "%.*s", (int) n, name);
  return ctx && n < sizeof only ? fmtconv_plugin_list (ctx, n ? only : NULL) : NULL;
}

void
offer_chain (const struct words *w, char role)
{
  struct chain c = { .w = w, .role = role, .name_at = w->skip };
  fmtconv_ctx *ctx = quiet_context (w, 0);
  const char *typed = w->word + w->skip, *colon = strchr (typed, ':'), *slash = strchr (typed, '/');
  if (role == 't' && slash && (!colon || slash < colon))
    c.name_at = (size_t) (slash - w->word) + 1;
  const char *name = w->word + c.name_at;
  fmtconv_attr *all = list_plugins (ctx, name, colon ? (size_t) (colon - name) : 0);
  if (all && colon)
    offer_parameters (&c, all, colon);
  else if (all)
    offer_names (&c, all);
  fmtconv_ctx_free (ctx);
}

void
offer_plugins (const struct words *w)
{
  fmtconv_ctx *ctx = quiet_context (w, 0);
  fmtconv_attr *all = ctx ? fmtconv_plugin_list (ctx, NULL) : NULL;
  for (fmtconv_attr *p = all ? all->first : NULL; p; p = p->next)
    offer (w->skip, string (p, "name"), "", string (p, "summary"));
  fmtconv_ctx_free (ctx);
}
