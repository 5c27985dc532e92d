# plugins/sat/configure.m4: each rank's file is read and written by torch, the fp32 weights of ZeRO are read by zero.
# SPDX-License-Identifier: Apache-2.0
FC_PLUGIN_NEEDS([sat], [torch])
FC_PLUGIN_WANTS([sat], [zero], [read the fp32 weights of ZeRO])
