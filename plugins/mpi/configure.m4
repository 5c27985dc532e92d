# plugins/mpi/configure.m4: made only if --with-mpi asks for it, with Open MPI as pkg-config knows it.
# SPDX-License-Identifier: Apache-2.0
FC_PLUGIN_ASKED([mpi])
AS_IF([test "x$with_mpi" != xno], [
  AS_IF([test "x$enable_shared" = xno],
    [AC_MSG_ERROR([--with-mpi makes a module, which a program with plugins inside cannot have])])
  PKG_CHECK_MODULES([MPI], [ompi-c >= 4.0], [],
    [AC_MSG_ERROR([--with-mpi needs Open MPI (Debian: libopenmpi-dev, and openmpi-bin to run it)])])])
