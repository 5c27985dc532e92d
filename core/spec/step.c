/* core/spec/step.c: converts {NAME: {key: value}} of a spec to NAME:key=value of the command line.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/strbuf.h"
#include "core/convert/stage.h"
#include "core/model/bundle.h"
#include "core/plugin/params.h"
#include "core/plugin/registry.h"
#include "core/plugin/search.h"
#include "core/plugin/values.h"
#include "core/spec/expand.h"
#include "core/spec/params.h"
#include "core/spec/passed.h"
#include "core/spec/schema.h"
#include "core/spec/step.h"
#include <string.h>

enum
{
  MAX_PAIRS = 4096,
  MAX_TRANSFORMS = 64
};

/* One element while its parameters are collected. */
typedef struct element
{
  fci_pipeline *p;
  fci_role role;
  const fmtconv_param *params; /* of the plugin in its role */
  const char *owner;           /* "transform 'cast'" */
  const fci_yaml *node;        /* {key: value} */
  fci_strbuf text;             /* "NAME:key=value,key=value" so far */
  size_t pairs;
  const fci_yaml *reverse; /* its key "reverse", which is not a parameter; NULL: absent */
} element;

/* Makes errors in a plugin's parameters name this position in the spec. */
static void
enter (fci_pipeline *p, fci_subject *subject, fci_yaml_pos at)
{
  *subject = *fci_subject_now (p->ctx);
  subject->file = fci_yaml_location (p->ctx, p->path, at);
  subject->is_written = true;
  fci_subject_push (p->ctx, subject);
}

/* Returns the plugin of NAME, or of COMPONENT/NAME for a transform of one component. */
static const fmtconv_plugin *
find_plugin (fci_pipeline *p, const fci_yaml *node, const char *typed, fci_role role)
{
  const fmtconv_plugin *plugin = NULL;
  const char *slash = role == FCI_TRANSFORM ? strchr (typed, '/') : NULL, *name = slash ? slash + 1 : typed;
  const char *component = slash ? fci_strndup (p->ctx, typed, (size_t) (slash - typed)) : "component";
  fci_subject subject;
  enter (p, &subject, node->key ? node->key_at : node->at);
  if (component && !fci_component_name_ok (component))
    fmtconv_fail (p->ctx, FMTCONV_E_USAGE, "'%s' is not a valid component name", component);
  else if (fci_plugin_name_ok (name, strcspn (name, ":")) && strchr (name, ':')
           && name[strcspn (name, ":") + 1])
    fmtconv_fail (p->ctx, FMTCONV_E_USAGE, "a spec needs a space after the plugin's name: {%.*s: %s}",
                  (int) (strchr (name, ':') - typed), typed, strchr (name, ':') + 1);
  else if (!fci_plugin_name_ok (name, strlen (name)))
    fmtconv_fail (p->ctx, FMTCONV_E_USAGE,
                  "'%s' is not a valid plugin name: use a lowercase letter, then a-z, 0-9, '-'", name);
  else
    plugin = fci_plugin_find (p->ctx, name, role);
  fci_subject_pop (p->ctx, &subject);
  return plugin;
}

/* Appends a parameter. It is parsed separately first, so that an error names its position. */
static int
add_pair (element *e, fci_yaml_pos at, const char *key, const char *value)
{
  fmtconv_ctx *ctx = e->p->ctx;
  if (e->pairs == MAX_PAIRS)
    return fci_spec_fail (e->p, at, "more than %d values for one %s", (int) MAX_PAIRS,
                          fci_role_name (e->role));
  fci_subject subject;
  const char *pair = fci_params_pair (ctx, key, value);
  enter (e->p, &subject, at);
  if (pair)
    fci_params_parse (ctx, e->owner, e->params, pair);
  fci_subject_pop (ctx, &subject);
  fci_strbuf_add_all (&e->text, strchr (fci_strbuf_text (&e->text), ':') ? "," : ":", pair ? pair : "", NULL);
  e->pairs++;
  return ctx->failed;
}

/* Adds the base folder of a relative path that is the value of a variable of another spec, unless that
 * spec's folder is given. */
static int
add_folder (element *e, const fci_yaml *node, const char *variable, const char *folder)
{
  const char *key = fmtconv_ctx_printf (e->p->ctx, FCI_SPEC_FOLDER ".%s", variable);
  const fci_yaml *said = fci_yaml_find (e->node, FCI_SPEC_FOLDER);
  if (!key || fci_yaml_find (e->node, key) || (said && fci_yaml_find (said, variable)))
    return e->p->ctx->failed;
  return add_pair (e, node->at, key, folder);
}

/* Adds a text; a text that needs a variable without a value is left out. */
static int
add_text (element *e, const char *key, const fci_yaml *node)
{
  if (fci_spec_kind (e->p, node, FCI_YAML_TEXT, fmtconv_ctx_printf (e->p->ctx, "a value of '%s'", key)))
    return e->p->ctx->failed;
  const fmtconv_param *param = fci_params_find (e->params, key);
  bool is_path = param && (fci_param_is_path (param) || fci_param_is_folder (param));
  fci_expanded value = is_path ? fci_expand_path (e->p, node) : fci_expand (e->p, node);
  if (!value.text || add_pair (e, param ? node->at : node->key_at, key, value.text))
    return e->p->ctx->failed;
  if (param && fci_param_is_variable (param) && fci_passed_add (e->p->ctx, key, &value))
    return e->p->ctx->failed;
  bool is_relative = param && fci_param_is_variable (param) && *value.base && *value.text != '/';
  return is_relative ? add_folder (e, node, key, value.base) : e->p->ctx->failed;
}

/* Adds a parameter: KEY: text; KEY: [text, …] is KEY several times; KEY: {a: text} is KEY.a. */
static int
add_param (element *e, const fci_yaml *node)
{
  if (node->kind == FCI_YAML_NULL)
    return fci_spec_fail (e->p, node->at, "'%s' has no value", node->key);
  if (node->kind == FCI_YAML_TEXT)
    return add_text (e, node->key, node);
  for (const fci_yaml *item = node->first; item; item = item->next)
    {
      const char *key = item->key ? fmtconv_ctx_printf (e->p->ctx, "%s.%s", node->key, item->key) : node->key;
      if (!key || add_text (e, key, item))
        return e->p->ctx->failed;
    }
  return 0;
}

/* Adds values of the main parameter: {NAME: text} or {NAME: [text, …]}. */
static int
add_main (element *e, const char *main)
{
  const fci_yaml *node = e->node;
  if (!main)
    return fci_spec_fail (e->p, node->at, "%s needs a key for its value: {%s: {key: value}}", e->owner,
                          node->key);
  const char *key = fci_main_key (e->p->ctx, main);
  if (key && node->kind == FCI_YAML_TEXT)
    return add_text (e, key, node);
  for (const fci_yaml *item = node->first; key && item; item = item->next)
    if (add_text (e, key, item))
      break;
  return e->p->ctx->failed;
}

/* Adds the direction: {NAME: {reverse: yes}} is NAME:reverse. */
static int
add_reverse (element *e, const fmtconv_plugin *plugin)
{
  bool yes = false;
  if (fci_spec_bool (e->p, e->reverse, &yes) || !yes)
    return e->p->ctx->failed;
  const char *why = fci_transform_one_way (e->p->ctx, plugin);
  if (why)
    return fci_spec_fail (e->p, e->reverse->at, "%s does not run in reverse: %s", e->owner, why);
  fci_strbuf_add (&e->text, ":reverse");
  return e->p->ctx->failed;
}

static bool
is_main (const fci_yaml *node)
{
  return node && (node->kind == FCI_YAML_TEXT || node->kind == FCI_YAML_LIST);
}

/* Returns whether the key belongs to the link, and is not a parameter of the plugin. */
static bool
is_not_param (const element *e, const fci_yaml *node)
{
  return node == e->reverse || (e->role != FCI_TRANSFORM && !strcmp (node->key, "path"));
}

static int
add_members (element *e)
{
  for (const fci_yaml *param = e->node->first; param; param = param->next)
    if (!is_not_param (e, param) && add_param (e, param))
      break;
  return e->p->ctx->failed;
}

/* Returns the parameters of one plugin as "NAME:key=value,…". "path" is not a parameter. has_value: the
 * node is a value of the main parameter, or a list of values. */
static const char *
element_text (fci_pipeline *p, const fci_yaml *node, const char *name, fci_role role, bool has_value)
{
  const fmtconv_plugin *plugin = find_plugin (p, node, name, role);
  element e = { .p = p, .role = role, .node = node, .text = { .ctx = p->ctx } };
  if (!plugin)
    return NULL;
  e.params = fci_plugin_params (plugin, role);
  e.owner = fci_plugin_title (p->ctx, fci_role_name (role), plugin);
  e.reverse = role == FCI_TRANSFORM && !has_value && !fci_params_find (e.params, "reverse")
                  ? fci_yaml_find (node, "reverse")
                  : NULL;
  fci_strbuf_add (&e.text, name);
  if (e.reverse && add_reverse (&e, plugin))
    return NULL;
  size_t before_pairs = e.text.len + 1;
  if (has_value ? add_main (&e, fci_plugin_main (plugin, role)) : add_members (&e))
    return NULL;
  const char *text = fci_strbuf_text (&e.text);
  fci_subject subject;
  enter (p, &subject, node->key ? node->key_at : node->at);
  fci_params_parse (p->ctx, e.owner, e.params, e.pairs ? text + before_pairs : "");
  fci_subject_pop (p->ctx, &subject);
  return p->ctx->failed ? NULL : text;
}

/* Returns the only member of {NAME: {…}}, {NAME: } or, if `value` is true, {NAME: text} or {NAME: [text]}.
 * NULL: an error. */
static const fci_yaml *
only_member (const fci_pipeline *p, const fci_yaml *node, const char *what, bool value)
{
  if (fci_spec_kind (p, node, FCI_YAML_MAP, what))
    return NULL;
  if (node->n != 1)
    {
      const fci_yaml *second = node->first ? node->first->next : NULL;
      fci_spec_fail (p, second ? second->key_at : node->at, "%s takes one plugin: {NAME: {key: value}}",
                     what);
      return NULL;
    }
  const fci_yaml *member = node->first;
  if (member->kind != FCI_YAML_NULL && !(value && is_main (member))
      && fci_spec_kind (p, member, FCI_YAML_MAP,
                        fmtconv_ctx_printf (p->ctx, "the value of '%s'", member->key)))
    return NULL;
  return member;
}

int
fci_spec_step (fci_pipeline *p, const fci_yaml *node, fci_role role, fci_link_text *out)
{
  const char *what = role == FCI_READER ? "'read'" : "'write'";
  *out = (fci_link_text){ 0 };
  if (node->kind == FCI_YAML_TEXT)
    {
      out->path = fci_expand_path (p, node);
      return p->ctx->failed;
    }
  const fci_yaml *member = only_member (p, node, what, false);
  const fci_yaml *path = member ? fci_yaml_find (member, "path") : NULL;
  if (!member)
    return p->ctx->failed;
  if (!path)
    return fci_spec_fail (p, member->key_at, "%s needs a path: {%s: {path: …}}", what, member->key);
  if (role == FCI_WRITER && fci_spec_kind (p, path, FCI_YAML_TEXT, "the path of 'write'"))
    return p->ctx->failed;
  out->path = fci_expand_path (p, path);
  out->text = element_text (p, member, member->key, role, false);
  return p->ctx->failed;
}

/* Parses one entry of transform: NAME or {NAME: {…}}. */
static const char *
transform_text (fci_pipeline *p, const fci_yaml *node, size_t n)
{
  if (node->kind != FCI_YAML_TEXT)
    {
      const fci_yaml *member = only_member (p, node, "a transform", true);
      return member ? element_text (p, member, member->key, FCI_TRANSFORM, is_main (member)) : NULL;
    }
  fci_expanded name = fci_expand (p, node);
  if (!name.text)
    return NULL;
  if (strcmp (name.text, "none"))
    return element_text (p, node, name.text, FCI_TRANSFORM, false);
  if (n > 1)
    fci_spec_fail (p, node->at, "'none' cannot be combined with other transforms");
  return name.text;
}

int
fci_spec_transforms (fci_pipeline *p, const fci_yaml *node, const char *const **texts, size_t *n)
{
  bool is_list = node->kind == FCI_YAML_LIST;
  size_t entries = is_list ? node->n : 1;
  const char **list = fmtconv_ctx_alloc (p->ctx, entries + 1, sizeof *list);
  *n = 0;
  *texts = list;
  if (entries > MAX_TRANSFORMS)
    return fci_spec_fail (p, node->at, "more than %d transforms", (int) MAX_TRANSFORMS);
  if (!list || (node->kind == FCI_YAML_NULL && fci_spec_kind (p, node, FCI_YAML_LIST, "'transform'")))
    return p->ctx->failed;
  const fci_yaml *item = is_list ? node->first : node;
  for (size_t i = 0; i < entries; i++, item = item->next)
    {
      const char *text = transform_text (p, item, entries);
      if (p->ctx->failed)
        return p->ctx->failed;
      if (text)
        list[(*n)++] = text;
    }
  if (!*n)
    list[(*n)++] = "none";
  return 0;
}
