# plugins/mpi/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_MPI
plugin_LTLIBRARIES += plugins/mpi.la
dist_man_MANS += plugins/mpi/fmtconv-mpi.7
endif
plugins_mpi_la_SOURCES = plugins/mpi/mpi.c
plugins_mpi_la_CFLAGS = $(plugin_cflags) $(MPI_CFLAGS)
plugins_mpi_la_LDFLAGS = $(plugin_ldflags)
plugins_mpi_la_LIBADD = libfmtconv-core.la $(MPI_LIBS)
