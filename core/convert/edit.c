/* core/convert/edit.c: changes names and keys of a file, and leaves its tensors' bytes as they are.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An edit is a conversion of a file to itself: the reader checks the file, and describes it with its changes as a layout, in
 * which all that stays is a window of the file.  If only bytes of one sector differ, they are written into the file
 * (core/exec/patch.c); else the layout is executed and published as any other, to a new file. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/convert/detect.h"
#include "core/convert/edit.h"
#include "core/convert/stage.h"
#include "core/exec/exec.h"
#include "core/exec/publish/check.h"
#include "core/layout/manifest.h"
#include "core/layout/names.h"
#include "core/plan/compile.h"
#include "core/source/descriptors.h"
#include "core/source/folder.h"
#include "core/source/input.h"
#include "core/source/source.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *
fci_edit_path (fmtconv_ctx *ctx, const char *path)
{
  struct stat st;
  if (!path || !*path || fmtconv_ctx_failed (ctx))
    {
      fmtconv_fail (ctx, FMTCONV_E_USAGE, "a file to edit is required");
      return NULL;
    }
  if (!fci_name_exists (ctx, AT_FDCWD, path, path, &st) || !S_ISLNK (st.st_mode))
    return fmtconv_ctx_failed (ctx) ? NULL : path; /* that it is missing is said when it is opened */
  char *resolved = realpath (path, NULL);
  if (!resolved)
    fci_fail_io (ctx, path, "cannot follow the link");
  const char *copy = resolved ? fci_strdup (ctx, resolved) : NULL;
  free (resolved);
  return copy;
}

static const char *
base_of (const char *path)
{
  const char *slash = strrchr (path, '/');
  return slash ? slash + 1 : path;
}

/* Returns whether the file is one of the Hugging Face cache, which names it by the digest of its bytes:
 * models--OWNER--NAME/blobs/DIGEST. */
static bool
is_blob (const char *path)
{
  const char *end = strrchr (path, '/'), *part = strstr (path, "models--");
  const char *blobs = end ? strstr (path, "/blobs/") : NULL;
  return part && blobs && part < blobs && blobs + strlen ("/blobs") == end;
}

static int
check_changes (const fci_edit *e)
{
  for (size_t i = 0; i < e->n; i++)
    for (size_t k = 0; k < i; k++)
      if (!strcmp (e->changes[i].name, e->changes[k].name))
        return fmtconv_fail_at (e->ctx, FMTCONV_E_USAGE,
                                &(fmtconv_where){ .hint = "give one change for each name" },
                                "two changes concern '%s'", e->changes[i].name);
  return e->n ? 0
              : fmtconv_fail (e->ctx, FMTCONV_E_USAGE, "a change is required: --set, --unset or --rename");
}

/* Checks the path before the file is read.  Returns 0 or a code. */
static int
check_file (const fci_edit *e)
{
  fmtconv_ctx *ctx = e->ctx;
  if (is_blob (e->path))
    return fci_fail_file (
        ctx, FMTCONV_E_OUTPUT, e->path,
        &(fmtconv_where){ .hint = "copy the file out of the cache, and edit the copy" },
        "this is a file of the Hugging Face cache, which names it by the digest of its bytes");
  if (fmtconv_input_is_folder (e->input))
    return fci_fail_file (ctx, FMTCONV_E_UNSUPPORTED, e->path,
                          &(fmtconv_where){ .hint = "give the path of a file in it" },
                          "this is a folder, and a single file is edited");
  if (faccessat (AT_FDCWD, e->path, W_OK, AT_EACCESS) != 0)
    return errno == EACCES ? fci_fail_file (ctx, FMTCONV_E_OUTPUT, e->path,
                                            &(fmtconv_where){ .hint = "chmod u+w allows changes of it" },
                                            "the file is read-only")
                           : fci_fail_io (ctx, e->path, "cannot be changed");
  return 0;
}

/* Detects the reader, which checks the file.  What it says to a conversion is of no use here. */
static int
read_file (fci_edit *e)
{
  fmtconv_ctx *ctx = e->ctx;
  const fmtconv_plugin *plugin = fci_detect_reader (ctx, e->input);
  if (!plugin || fci_link_make (ctx, FCI_READER, plugin, "", &e->reader))
    return fmtconv_ctx_failed (ctx);
  if (!plugin->reader->edit)
    return fci_fail_file (
        ctx, FMTCONV_E_UNSUPPORTED, e->path,
        &(fmtconv_where){ .hint = "convert it to safetensors or GGUF, whose files can be edited" },
        "the format '%s' cannot be edited", plugin->name);
  fci_subject subject = *fci_subject_now (ctx);
  subject.is_quiet = true;
  fci_subject_push (ctx, &subject);
  fci_stage_read (ctx, &e->reader, e->input);
  fci_subject_pop (ctx, &subject);
  return fmtconv_ctx_failed (ctx);
}

static int
describe (fci_edit *e)
{
  e->layout = fci_layout_new (e->ctx, base_of (e->path));
  if (!e->layout || fci_layout_set_manifest (e->layout, NULL))
    return fmtconv_ctx_failed (e->ctx);
  e->layout->is_edit = true;
  return fci_stage_edit (e->ctx, &e->reader, e->changes, e->n, e->input, e->layout);
}

static int
choose_way (fci_edit *e)
{
  if (fci_patch_find (e->ctx, e->layout, fmtconv_input_open (e->input), &e->patch))
    return fmtconv_ctx_failed (e->ctx);
  const bool removes = e->ctx->options.flags & FMTCONV_FORCE; /* a publication removes an old manifest */
  e->way = e->patch.fits && e->patch.n == 0 ? FCI_EDIT_NOTHING
           : e->patch.fits && !removes      ? FCI_EDIT_IN_PLACE
                                            : FCI_EDIT_REPLACED;
  e->layout->is_patch = e->way == FCI_EDIT_IN_PLACE;
  return 0;
}

/* Returns whether the file may have access lists or other attributes. */
static bool
has_attributes (fmtconv_input *in)
{
  fmtconv_source *source = fmtconv_input_open (in);
  int fd;
  if (!source || fci_disk_acquire (source->disk, &fd) != 0)
    return false;
  const bool has = !fci_os_has_no_attributes (fd);
  fci_disk_release (source->disk);
  return has;
}

/* Notes what a new file does not have of the old one. */
static void
note_lost (const fci_edit *e)
{
  const struct stat *st = fci_input_stat (e->input);
  if (st->st_nlink > 1)
    fmtconv_note (e->ctx, "%s: the file has %lu names (hard links); the others keep the old one", e->path,
                  (unsigned long) st->st_nlink);
  if (has_attributes (e->input))
    fmtconv_note (e->ctx,
                  "%s: the new file does not have the access lists or other attributes of the old one",
                  e->path);
  if (st->st_uid != geteuid ())
    fmtconv_note (e->ctx, "%s: the new file belongs to you, not to the owner of the old one", e->path);
}

static int
replace (fci_edit *e)
{
  const fci_output output = { .layout = e->layout, .path = e->path };
  e->plan = fci_plan_compile (e->ctx, e->layout);
  if (!e->plan)
    return fmtconv_ctx_failed (e->ctx);
  note_lost (e);
  if (e->ctx->options.flags & FMTCONV_DRY_RUN)
    return fmtconv_ctx_failed (e->ctx);
  const fci_execution run = { .plan = e->plan, .outputs = &output, .n_outputs = 1 };
  return fci_execute (e->ctx, &run, &e->outcome);
}

/* Notes the changes, which the reader listed. */
static void
note_changes (const fci_edit *e)
{
  const bool is_dry = e->ctx->options.flags & FMTCONV_DRY_RUN;
  fmtconv_note (e->ctx, is_dry ? "%s: the changes would be:" : "%s: the changes:", e->path);
}

int
fci_edit_run (fci_edit *e)
{
  e->path = fci_edit_path (e->ctx, e->path);
  e->input = e->path && !check_changes (e) ? fci_input_user (e->ctx, e->path) : NULL;
  if (!e->input || check_file (e) || read_file (e) || describe (e) || choose_way (e))
    return fmtconv_ctx_failed (e->ctx);
  if (e->way == FCI_EDIT_NOTHING)
    return fci_publish_repair (e->ctx, e->layout, e->path);
  /* Also before a patch: for what an interrupted run left, and a manifest next to the file. */
  if (fci_publish_check (e->ctx, e->layout, e->path))
    return fmtconv_ctx_failed (e->ctx);
  note_changes (e);
  if (e->way == FCI_EDIT_REPLACED)
    return replace (e);
  return e->ctx->options.flags & FMTCONV_DRY_RUN
             ? 0
             : fci_patch_write (e->ctx, &e->patch, fmtconv_input_open (e->input), e->path);
}
