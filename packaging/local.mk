# packaging/local.mk: what packagers need; nothing of it is built or installed.
# SPDX-License-Identifier: Apache-2.0
include packaging/distributions.mk
include packaging/python/local.mk
