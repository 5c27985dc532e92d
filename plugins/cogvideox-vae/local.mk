# plugins/cogvideox-vae/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_COGVIDEOX_VAE
plugin_LTLIBRARIES += plugins/cogvideox-vae.la
dist_man_MANS += plugins/cogvideox-vae/fmtconv-cogvideox-vae.7
endif
plugins_cogvideox_vae_la_SOURCES = \
	plugins/cogvideox-vae/check.c \
	plugins/cogvideox-vae/cogvideox-vae.c \
	plugins/cogvideox-vae/config.c \
	plugins/cogvideox-vae/vae.h
plugins_cogvideox_vae_la_CFLAGS = $(plugin_cflags)
plugins_cogvideox_vae_la_LDFLAGS = $(plugin_ldflags)
plugins_cogvideox_vae_la_LIBADD = libfmtconv-core.la
