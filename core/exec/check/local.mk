# core/exec/check/local.mk: what must hold: checksums, findings, comparisons, verification.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/exec/check/compare.c \
	core/exec/check/compare.h \
	core/exec/check/crc.c \
	core/exec/check/crc.h \
	core/exec/check/defect.c \
	core/exec/check/defect.h \
	core/exec/check/digest.c \
	core/exec/check/digest.h \
	core/exec/check/finding.c \
	core/exec/check/finding.h \
	core/exec/check/finite.c \
	core/exec/check/finite.h \
	core/exec/check/hold.c \
	core/exec/check/hold.h \
	core/exec/check/manifest.c \
	core/exec/check/manifest.h \
	core/exec/check/measure.c \
	core/exec/check/measure.h \
	core/exec/check/outcome.h \
	core/exec/check/plain.c \
	core/exec/check/plain.h \
	core/exec/check/scan.c \
	core/exec/check/scan.h \
	core/exec/check/slerp.c \
	core/exec/check/slerp.h \
	core/exec/check/stamps.c \
	core/exec/check/stamps.h \
	core/exec/check/verify.c \
	core/exec/check/verify.h \
	core/exec/check/wanted.c \
	core/exec/check/wanted.h
