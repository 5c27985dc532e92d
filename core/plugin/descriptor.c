/* core/plugin/descriptor.c: checks a plugin's descriptor and copies it to this ABI's size.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/plugin/codec.h"
#include "core/plugin/descriptor.h"
#include "core/plugin/params-check.h"
#include "core/plugin/suggest.h"
#include "core/rules/rules.h"
#include <string.h>

/* Bytes of a struct up to the end of a field, the last of the first ABI version. */
#define UP_TO(type, field) (offsetof (type, field) + sizeof (((type *) 0)->field))

typedef struct check
{
  fmtconv_ctx *ctx;
  const char *error;
} check;

/* Returns a copy of a struct, cut or padded with zeros to `known` bytes.  NULL: an error, as `given` is
 * shorter than in the first ABI version. */
static void *
normalized (check *c, const char *what, const void *given, size_t size, size_t least, size_t known)
{
  if (size < least)
    {
      c->error = fmtconv_ctx_printf (c->ctx,
                                     "its %s has struct_size %zu, but needs at least %zu: declare it with "
                                     "the macros of fmtconv/plugin.h",
                                     what, size, least);
      return NULL;
    }
  void *copy = fmtconv_ctx_alloc (c->ctx, 1, known);
  if (copy)
    memcpy (copy, given, size < known ? size : known);
  else
    c->error = "out of memory";
  return copy;
}

static void
record_error (void *arg, const fmtconv_message *message)
{
  check *c = arg;
  if (message->level == FMTCONV_MSG_ERROR && !c->error)
    c->error = fci_strdup (c->ctx, message->what);
}

/* Checks the tables of a role in a separate context, so that an error of the plugin does not stop the
 * conversion; lack of memory does. */
static void
check_tables (check *c, const char *role, const fmtconv_param *params, const fmtconv_rules *rules)
{
  fmtconv_options options = { .struct_size = sizeof options, .message = record_error, .arg = c };
  if (c->error || (!params && !rules))
    return;
  fmtconv_ctx *own = fci_ctx_new (&options);
  int code = own ? 0 : FMTCONV_E_NOMEM;
  if (own && params)
    code = fci_params_check (own, role, params);
  if (code == 0 && rules)
    code = fci_rules_check (own, rules);
  if (code == 0 && rules && rules->sides && !strchr (rules->sides, '|'))
    code = fmtconv_fail (own, FMTCONV_E_INTERNAL, "the sides '%s' of its rules have no '|' between them",
                         rules->sides);
  if (code && !c->error)
    c->error = "its tables are malformed";
  if (code == FMTCONV_E_NOMEM) /* which says nothing about the plugin */
    fci_nomem (c->ctx);
  fmtconv_ctx_free (own);
}

/* The main parameter of a role, after its table. */
static void
check_main (check *c, const char *role, const fmtconv_param *params, const char *main)
{
  const char *reason = main && !c->error ? fci_main_reason (c->ctx, params, main) : NULL;
  if (reason)
    c->error =
        fmtconv_ctx_printf (c->ctx, "its %s's main parameter '%s' is malformed: %s", role, main, reason);
}

/* The suggested values of a role, after its table. */
static void
check_values (check *c, const char *role, const fmtconv_param *params, const char *values)
{
  const char *reason = c->error ? NULL : fci_suggested_reason (c->ctx, params, values);
  if (reason)
    c->error =
        fmtconv_ctx_printf (c->ctx, "its %s's list of values '%s' is malformed: %s", role, values, reason);
}

static const fmtconv_reader *
check_reader (check *c, const fmtconv_reader *given)
{
  if (!given || c->error)
    return NULL;
  const fmtconv_reader *reader =
      normalized (c, "reader", given, given->struct_size, UP_TO (fmtconv_reader, read), sizeof *reader);
  if (reader && !reader->read)
    c->error = "its reader has no read callback";
  else if (reader && reader->magic_len && !reader->magic)
    c->error = "its reader has a magic_len without a magic";
  else if (reader && reader->magic_len > 4096)
    c->error = "its reader's magic is longer than the 4096 bytes that are examined";
  else if (reader)
    check_tables (c, "reader", reader->params, NULL);
  if (reader)
    check_main (c, "reader", reader->params, reader->main);
  if (reader)
    check_values (c, "reader", reader->params, reader->values);
  return reader;
}

static const fmtconv_transform *
check_transform (check *c, const fmtconv_transform *given)
{
  if (!given || c->error)
    return NULL;
  const fmtconv_transform *transform = normalized (c, "transform", given, given->struct_size,
                                                   UP_TO (fmtconv_transform, apply), sizeof *transform);
  if (transform && !transform->apply && !transform->rules)
    c->error = "its transform has neither rules nor an apply callback";
  else if (transform && transform->rules && !transform->rules->rules)
    c->error = "its transform's rules have no table";
  else if (transform)
    check_tables (c, "transform", transform->params, transform->rules);
  if (transform)
    check_main (c, "transform", transform->params, transform->main);
  if (transform)
    check_values (c, "transform", transform->params, transform->values);
  return transform;
}

static const fmtconv_writer *
check_writer (check *c, const fmtconv_writer *given)
{
  if (!given || c->error)
    return NULL;
  const fmtconv_writer *writer =
      normalized (c, "writer", given, given->struct_size, UP_TO (fmtconv_writer, write), sizeof *writer);
  if (writer && !writer->write)
    c->error = "its writer has no write callback";
  else if (writer)
    check_tables (c, "writer", writer->params, NULL);
  if (writer)
    check_main (c, "writer", writer->params, writer->main);
  if (writer)
    check_values (c, "writer", writer->params, writer->values);
  return writer;
}

static const fmtconv_block_codec *
check_codec (check *c, const fmtconv_block_codec *given)
{
  return given && !c->error ? fci_codec_check (c->ctx, given, &c->error) : NULL;
}

static const fmtconv_transport *
check_transport (check *c, const fmtconv_transport *given)
{
  if (!given || c->error)
    return NULL;
  const fmtconv_transport *transport = normalized (c, "transport", given, given->struct_size,
                                                   UP_TO (fmtconv_transport, end), sizeof *transport);
  if (transport
      && !(transport->begin && transport->send && transport->arrived && transport->receive && transport->end))
    c->error = "its transport lacks a callback: begin, send, arrived, receive or end";
  return transport;
}

/* Checks the fields that precede all others.  Returns an error, or NULL. */
static const char *
check_head (fmtconv_ctx *ctx, const fmtconv_plugin *given, const char *name)
{
  if (given->abi != FMTCONV_ABI)
    return fmtconv_ctx_printf (
        ctx, "it was built for plugin ABI %u, but this fmtconv has ABI %u: rebuild the plugin",
        (unsigned) given->abi, (unsigned) FMTCONV_ABI);
  if (given->struct_size < UP_TO (fmtconv_plugin, writer))
    return NULL; /* normalized () reports it */
  if (!given->name)
    return "its descriptor has no name";
  if (strcmp (given->name, name))
    return fmtconv_ctx_printf (ctx, "its name is '%s', but its file is %s.so: both must be equal",
                               given->name, name);
  const bool has_codec = given->struct_size >= UP_TO (fmtconv_plugin, codec) && given->codec,
             has_transport = given->struct_size >= UP_TO (fmtconv_plugin, transport) && given->transport;
  if (!given->reader && !given->transform && !given->writer && !has_codec && !has_transport)
    return "it has no reader, transform, writer, codec or transport";
  return NULL;
}

const fmtconv_plugin *
fci_descriptor_check (fmtconv_ctx *ctx, const fmtconv_plugin *given, const char *name, const char **error)
{
  check c = { .ctx = ctx, .error = check_head (ctx, given, name) };
  fmtconv_plugin *plugin = NULL;
  if (!c.error)
    plugin = normalized (&c, "descriptor", given, given->struct_size, UP_TO (fmtconv_plugin, writer),
                         sizeof *plugin);
  if (plugin)
    {
      plugin->summary = plugin->summary ? plugin->summary : "";
      plugin->reader = check_reader (&c, plugin->reader);
      plugin->transform = check_transform (&c, plugin->transform);
      plugin->writer = check_writer (&c, plugin->writer);
      plugin->codec = check_codec (&c, plugin->codec);
      plugin->transport = check_transport (&c, plugin->transport);
    }
  *error = c.error;
  return c.error || ctx->failed ? NULL : plugin;
}
