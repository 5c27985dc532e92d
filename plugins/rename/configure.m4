# plugins/rename/configure.m4: regular expressions are those of PCRE2.
# SPDX-License-Identifier: Apache-2.0
FC_PLUGIN_LIBRARY([rename], [PCRE2], [libpcre2-8 >= 10.30], [libpcre2-dev])
