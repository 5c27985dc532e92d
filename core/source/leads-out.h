/* core/source/leads-out.h: tests whether a path leads out of a folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_LEADS_OUT_H
#define FCI_SOURCE_LEADS_OUT_H

/* Returns 1 if `path`, which starts in `folder` or at "/", leads out of `folder`, by "..", by "/" or by a link; else 0;
 * -1: errno is set.  folder: a path; "": the working folder.  As in fci_open_in_folder, a link to a blob of the cache
 * that the folder is in does not lead out.  What does not exist yet is judged by the folder that it would be in; a link
 * whose target does not exist leads out. */
int fci_path_leads_out (const char *folder, const char *path);

#endif
