/* core/exec/publish/twin.h: second names of files, left where a link stood for a rename.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_TWIN_H
#define FCI_EXEC_PUBLISH_TWIN_H

/* Removes the temporary name of an open file that has its final name in the folder, too: the process, or the machine,
 * stopped between the link and the removal.  What fails leaves the name. */
void fci_twin_remove (int folder, int fd);

#endif
