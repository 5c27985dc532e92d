/* plugins/mpi/mpi.c: messages between the processes of one conversion, by MPI.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The only file that calls MPI.  It uses what every implementation has since MPI 2, without collective calls: those choose
 * algorithms, and with them connections, by the number of processes and bytes.  Facts: the MPI standard, version 3.1,
 * sections 3.2, 3.8 and 8.7. */
#include "config.h"

#include <fmtconv/plugin.h>
#include <limits.h>
#include <mpi.h>

enum
{
  TAG = 1
};

/* fmtconv calls from one thread, which need not be the main thread. */
static const char *
join (unsigned *rank, unsigned *size)
{
  int provided = MPI_THREAD_SINGLE, number = 0, all = 0;
  if (MPI_Init_thread (NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
    return "MPI cannot be initialized";
  if (provided < MPI_THREAD_FUNNELED)
    return "this MPI was built without threads";
  /* After an error the caller says what failed; a process that ends without that ends all. */
  if (MPI_Comm_set_errhandler (MPI_COMM_WORLD, MPI_ERRORS_RETURN) != MPI_SUCCESS
      || MPI_Comm_rank (MPI_COMM_WORLD, &number) != MPI_SUCCESS
      || MPI_Comm_size (MPI_COMM_WORLD, &all) != MPI_SUCCESS)
    return "MPI does not say how many processes there are";
  *rank = (unsigned) number;
  *size = (unsigned) all;
  return NULL;
}

static int
send_bytes (unsigned to, const void *bytes, size_t n)
{
  return n > INT_MAX || MPI_Send (bytes, (int) n, MPI_BYTE, (int) to, TAG, MPI_COMM_WORLD) != MPI_SUCCESS;
}

static int
has_arrived (unsigned from)
{
  int flag = 0;
  return MPI_Iprobe ((int) from, TAG, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE) != MPI_SUCCESS || flag;
}

static int
receive_bytes (unsigned from, void *bytes, size_t n)
{
  MPI_Status status;
  int count = 0;
  return n > INT_MAX
         || MPI_Recv (bytes, (int) n, MPI_BYTE, (int) from, TAG, MPI_COMM_WORLD, &status) != MPI_SUCCESS
         || MPI_Get_count (&status, MPI_BYTE, &count) != MPI_SUCCESS || (size_t) count != n;
}

static void
leave (int is_alone)
{
  if (is_alone)
    MPI_Abort (MPI_COMM_WORLD, 1);
  else
    MPI_Finalize ();
}

FMTCONV_PLUGIN (mpi, .name = "mpi",
                .summary = "joins the processes that mpirun or srun started to one conversion",
                .transport = FMTCONV_TRANSPORT (.begin = join, .send = send_bytes, .arrived = has_arrived,
                                                .receive = receive_bytes, .end = leave));
