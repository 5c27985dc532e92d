#!/bin/sh
# tests/cli/mpi.sh: runs test_mpi.py, or says why it cannot.
# SPDX-License-Identifier: Apache-2.0
here=$(dirname "$0")
. "$here/traced.sh"
need_modules
need diffusers gguf lora-merge mpi quantize safetensors torch transpose
need_command mpirun
# More processes than cores, on this machine alone, without its network; also for root.
OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_btl=self,vader OMPI_MCA_oob_tcp_if_include=lo OMPI_MCA_plm_rsh_agent=false
OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe OMPI_MCA_btl OMPI_MCA_oob_tcp_if_include OMPI_MCA_plm_rsh_agent
export OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM
run_test test_mpi # MPI keeps memory until the process ends, which looks like leaks
