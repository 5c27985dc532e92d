# packaging/distributions.mk: packages of Debian and of RPM; packaging/README.md says how they are built.
# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += \
	packaging/README.md \
	packaging/build-deb.sh \
	packaging/build-rpm.sh \
	packaging/common.sh \
	packaging/plugins.sh \
	packaging/smoke.sh
debian = packaging/debian
EXTRA_DIST += \
	$(debian)/changelog \
	$(debian)/clean \
	$(debian)/control \
	$(debian)/copyright \
	$(debian)/fmtconv-plugins-base.lintian-overrides \
	$(debian)/fmtconv.docs \
	$(debian)/fmtconv.install \
	$(debian)/fmtconv.manpages \
	$(debian)/libfmtconv-core0.docs \
	$(debian)/libfmtconv-core0.install \
	$(debian)/libfmtconv-core0.symbols \
	$(debian)/libfmtconv-dev.install \
	$(debian)/libfmtconv-dev.manpages \
	$(debian)/rules \
	$(debian)/source/format \
	$(debian)/source/lintian-overrides \
	$(debian)/tests/absent-package \
	$(debian)/tests/base-only \
	$(debian)/tests/control \
	$(debian)/tests/convert \
	$(debian)/tests/program \
	$(debian)/tests/library-user.c \
	$(debian)/tests/third-party-plugin \
	$(debian)/watch
EXTRA_DIST += packaging/rpm/fmtconv.spec packaging/rpm/rpmlint.toml
