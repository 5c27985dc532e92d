# plugins.m4: an option --without-NAME for every folder of plugins/.
# SPDX-License-Identifier: Apache-2.0

m4_define([fc_plugin_names])
m4_define([fc_plugin_needs])
m4_define([fc_plugin_wants])

# FC_PLUGINS: runs plugins/list.sh, which calls FC_PLUGIN and includes configure.m4 for every folder that has one; then
# leaves out each plugin whose needs are left out, and sets the conditionals of each: PLUGIN_NAME, it is made as a module,
# and BUILTIN_NAME, it is built in.
AC_DEFUN([FC_PLUGINS], [
  AC_ARG_WITH([plugin-package],
    [AS_HELP_STRING([--with-plugin-package=NAMES],
      [packages of this distribution that errors tell users to install: a pattern for the groups of plugins, and names of
       single groups @<:@fmtconv-plugins-%s torch=fmtconv-plugin-torch rename=fmtconv-plugin-rename mpi=fmtconv-plugin-mpi@:>@; no: none])],
    [AS_IF([test "x$with_plugin_package" = xyes], [AC_MSG_ERROR([--with-plugin-package needs names])])],
    [with_plugin_package='fmtconv-plugins-%s torch=fmtconv-plugin-torch rename=fmtconv-plugin-rename mpi=fmtconv-plugin-mpi'])
  AC_SUBST([FC_PLUGIN_PACKAGES], [$with_plugin_package])
  AS_IF([fc_output=`sh "$srcdir/plugins/index.sh" "$with_plugin_package" 2>&1 >/dev/null`], [],
    [AC_MSG_ERROR([--with-plugin-package: $fc_output])])
  AC_ARG_ENABLE([plugins], [AS_HELP_STRING([--disable-plugins], [leave out all plugins but those named by --with-NAME])],
    [], [enable_plugins=yes])
  m4_esyscmd([sh plugins/list.sh])
  m4_if(m4_sysval, [0], [], [m4_fatal([plugins/list.sh failed])])
  fc_again=yes
  while test $fc_again = yes; do
    fc_again=no
    fc_plugin_needs
  done
  fc_plugin_wants
  m4_foreach_w([fc_name], m4_defn([fc_plugin_names]), [
    AM_CONDITIONAL([PLUGIN_]fc_id(fc_name), [test "x$[]fc_with(fc_name)" != xno && test "x$enable_shared" != xno])
    AM_CONDITIONAL([BUILTIN_]fc_id(fc_name), [test "x$[]fc_with(fc_name)" != xno && test "x$enable_shared" = xno])
    AS_IF([test "x$[]fc_with(fc_name)" != xno],
      [fc_plugins="$fc_plugins fc_name" FC_BUILT="$FC_BUILT plugins/fc_name.la"],
      [fc_plugins_left_out="$fc_plugins_left_out fc_name"])])
  FC_PRESETS
  AC_SUBST([FC_BUILT])
  AC_SUBST([BUILTIN_CFLAGS])
  AC_SUBST([BUILTIN_LIBS])
])

# fc_id(NAME): its part of a conditional's name.
m4_define([fc_id], [m4_toupper(m4_translit([$1], [-], [_]))])

# fc_with(NAME): the shell variable of the option.
m4_define([fc_with], [with_[]m4_translit([$1], [-], [_])])

# FC_PLUGIN(NAME, DESCRIPTION, [no]): the option.  no: the plugin is made only if it is asked for.
AC_DEFUN([FC_PLUGIN], [
  m4_if([$3], [no],
    [AC_ARG_WITH([$1], [AS_HELP_STRING([--with-$1], [make the plugin '$1' too: $2])],
      [], [fc_with([$1])=no])],
    [AC_ARG_WITH([$1], [AS_HELP_STRING([--without-$1], [leave out the plugin '$1': $2])],
      [], [fc_with([$1])=$enable_plugins])])
  m4_append_uniq_w([fc_plugin_names], [$1])
])

# FC_PLUGIN_ASKED(NAME): NAME is made only if --with-NAME asks for it, because it needs much that few have.  For configure.m4;
# plugins/list.sh looks for it there.
AC_DEFUN([FC_PLUGIN_ASKED], [FC_PLUGIN_NAMED([$1], [$1])])

# FC_PLUGIN_NEEDS(NAME, OTHER): NAME calls the plugin OTHER always, and is left out together with it.  For configure.m4.
AC_DEFUN([FC_PLUGIN_NEEDS], [
  FC_PLUGIN_NAMED([$1], [$2])
  m4_append([fc_plugin_needs], [
    AS_IF([test "x$fc_with([$1])" != xno && test "x$fc_with([$2])" = xno],
      [AC_MSG_WARN([the plugin '$1' is left out, because it calls '$2', which is left out])
       fc_with([$1])=no
       fc_again=yes])])
])

# FC_PLUGIN_WANTS(NAME, OTHER, FUNCTION): NAME calls the plugin OTHER for one function only, which is "read …" or "write …".
# For configure.m4.
AC_DEFUN([FC_PLUGIN_WANTS], [
  FC_PLUGIN_NAMED([$1], [$2])
  m4_append([fc_plugin_wants], [
    AS_IF([test "x$fc_with([$1])" != xno && test "x$fc_with([$2])" = xno],
      [FC_NOTICE([the plugin '$1' cannot $3, because '$2' is left out])])])
])

# FC_PLUGIN_NAMED(NAME, OTHER): OTHER must be a plugin.
m4_define([FC_PLUGIN_NAMED], [m4_if(m4_index([ ]m4_defn([fc_plugin_names])[ ], [ $2 ]), [-1],
  [m4_fatal([plugins/$1/configure.m4: there is no plugin '$2'])])])

# FC_NOTICE(TEXT): says it now, and again in the summary.
m4_define([FC_NOTICE], [AC_MSG_NOTICE([$1])
fc_notices="$fc_notices
  without    $1"])

# FC_PRESETS: a preset that names a plugin which is left out is kept, as the plugin may be installed later.
AC_DEFUN([FC_PRESETS], [
  for fc_name in $fc_plugins_left_out; do
    for fc_preset in "$srcdir"/pipelines/*.yaml; do
      AS_IF([$SED '/^@%:@/d' "$fc_preset" | grep -e "@<:@-{@<:@, @:>@$fc_name@<:@@:>@:,} @:>@" >/dev/null], [
        fc_preset=`AS_ECHO(["$fc_preset"]) | $SED 's,.*/,,; s,@<:@.@:>@yaml$,,'`
        FC_NOTICE([the preset '$fc_preset' cannot run, because its plugin '$fc_name' is left out])])
    done
  done
])

# FC_PLUGIN_LIBRARY(NAME, PREFIX, MODULE, DEBIAN-PACKAGE): NAME needs a library that pkg-config knows as MODULE (with
# the version), for PREFIX_CFLAGS and PREFIX_LIBS.  For configure.m4; ./bootstrap reads the package there.
AC_DEFUN([FC_PLUGIN_LIBRARY], [
  AS_IF([test "x$fc_with([$1])" != xno],
    [PKG_CHECK_MODULES([$2], [$3],
      [BUILTIN_CFLAGS="$BUILTIN_CFLAGS $$2_CFLAGS" BUILTIN_LIBS="$BUILTIN_LIBS $$2_LIBS"
       BUILTIN_STATIC_LIBS="$BUILTIN_STATIC_LIBS `$PKG_CONFIG --static --libs "$3"`"],
      [AC_MSG_WARN([the plugin '$1' is left out, because there is no $3 (Debian: $4)])
       fc_with([$1])=no])])
])

# FC_SUMMARY: what configure decided.
AC_DEFUN([FC_SUMMARY], [
  AS_ECHO([])
  AS_ECHO(["$PACKAGE_NAME $PACKAGE_VERSION"])
  AS_ECHO(["  prefix     $prefix"])
  AS_IF([test "x$enable_standalone" != xno],
    [AS_ECHO(["  standalone a $fc_program program; plugins of others `AS_IF([test $fc_program = static], [echo cannot], [echo can])` be loaded"])])
  AS_ECHO(["  plugins    $fc_plugins_are"])
  AS_ECHO(["            $fc_plugins"])
  AS_ECHO(["  left out  ${fc_plugins_left_out:- none}$fc_notices"])
  AS_ECHO(["  werror     $enable_werror"])
  AS_ECHO(["  sanitizers $enable_sanitizers"])
  AS_ECHO(["  criterion  $fc_criterion_says"])
  AS_ECHO(["  interop    $fc_python_says"])
  AS_ECHO(["  bugs to    ${FC_BUG_ADDRESS:-none named: --with-bug-address=ADDRESS}"])
])
