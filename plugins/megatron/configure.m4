# plugins/megatron/configure.m4: each rank's file is read by torch, and a distributed checkpoint by dcp.
# SPDX-License-Identifier: Apache-2.0
FC_PLUGIN_NEEDS([megatron], [torch])
FC_PLUGIN_WANTS([megatron], [dcp], [read checkpoints of dist_checkpointing])
