/* tests/abi/no-descriptor.c: a shared library that is not a plugin.
 * SPDX-License-Identifier: Apache-2.0 */
int some_function (void);

int
some_function (void)
{
  return 1;
}
