#!/bin/sh
# tests/cli/mpi.sh: runs test_mpi.py, or says why it cannot.
# SPDX-License-Identifier: Apache-2.0
here=$(dirname "$0")
python=${FMTCONV_PYTHON:-python3}
: "${KILLED:=$PWD/tests/cli/killed}" "${WITHOUT:=$PWD/tests/cli/without}"
export KILLED WITHOUT
. "$here/../need.sh"
need_modules
need diffusers gguf lora-merge mpi quantize safetensors torch transpose
need_command "$python" mpirun
"$KILLED" 1 true >/dev/null || skip "processes cannot be traced here"
# MPI keeps memory until the process ends, and leaks cannot be looked for in a traced process.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
# More processes than cores, on this machine alone, without its network; also for root.
OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_btl=self,vader OMPI_MCA_oob_tcp_if_include=lo OMPI_MCA_plm_rsh_agent=false
OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
OMPI_MCA_odls_base_sigkill_timeout=0 # mpirun waits as long after each rank that fails
export OMPI_MCA_odls_base_sigkill_timeout
export ASAN_OPTIONS OMPI_MCA_rmaps_base_oversubscribe OMPI_MCA_btl OMPI_MCA_oob_tcp_if_include OMPI_MCA_plm_rsh_agent
export OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM
PYTHONDONTWRITEBYTECODE=1 exec "$python" "$here/test_mpi.py" -v
