"""tests/thirdparty/check_numpy.py: arrays that numpy writes are read, and numpy reads what the plugin writes."""
# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import zipfile

import numpy

TYPES = "?bBhHiIlLefdFD"
SHAPES = [(), (1,), (0,), (3, 4), (2, 0, 5), (2, 3, 4, 5), (7, 1), (1,) * 8, (130, 257)]


def run(*args):
    return subprocess.run([os.environ["FMTCONV"], "-q", *args], capture_output=True, text=True)


def convert(*args):
    result = run(*args)
    assert result.returncode == 0, result.stderr


def refused(text, *args):
    result = run(*args)
    assert result.returncode == 1 and text in result.stderr, (text, result.stderr)


def arrays():
    random = numpy.random.default_rng(1)
    made = {}
    for letter in TYPES:
        for shape in SHAPES:
            values = random.standard_normal(shape) * 100
            made[f"{letter}/{'x'.join(map(str, shape)) or 'scalar'}"] = numpy.asarray(values).astype(letter)
    return made


def same(file, expected):
    with numpy.load(file, allow_pickle=False) as found:
        assert list(found) == list(expected), (list(found), list(expected))
        for name, array in expected.items():
            assert found[name].dtype == array.dtype, name
            assert found[name].shape == array.shape and found[name].tobytes() == array.tobytes(), name


def plain(array):
    """The array in row-major order and the byte order of the files that the plugin writes."""
    return numpy.array(array, dtype=array.dtype.newbyteorder("<"), order="C", copy=True)


def archives():
    made = arrays()
    numpy.savez("stored.npz", **made)
    numpy.savez_compressed("deflated.npz", **made)
    turned = {f"{kind}{name}": change(array) for name, array in made.items()
              for kind, change in (("fortran", numpy.asfortranarray), ("big", lambda a: a.astype(a.dtype.newbyteorder(">"))))}
    numpy.savez("turned.npz", **turned)
    for file, expected in (("stored", made), ("deflated", made), ("turned", {n: plain(a) for n, a in turned.items()})):
        convert("--verify", "-t", "none", f"{file}.npz", f"{file}-out.npz")
        same(f"{file}-out.npz", expected)
    assert zipfile.ZipFile("stored-out.npz").testzip() is None


def headers():
    """The header of each member is the one that numpy writes."""
    ours, theirs = zipfile.ZipFile("stored-out.npz"), zipfile.ZipFile("stored.npz")
    for name in theirs.namelist():
        assert ours.read(name) == theirs.read(name), name


def single():
    for order in "CF":
        array = numpy.asarray(numpy.arange(24, dtype="f4").reshape(2, 3, 4), order=order)
        numpy.save(f"{order}.npy", array)
        convert("--verify", "-t", "none", f"{order}.npy", f"{order}-out.npy")
        assert numpy.array_equal(numpy.load(f"{order}-out.npy"), array)
    assert open("C.npy", "rb").read() == open("C-out.npy", "rb").read()
    for version in ((1, 0), (2, 0), (3, 0)):
        with open("version.npy", "wb") as file:
            numpy.lib.format.write_array(file, array, version=version)
        convert("-t", "none", "version.npy", f"version-{version[0]}.npy")
        assert numpy.array_equal(numpy.load(f"version-{version[0]}.npy"), array)


def other_formats():
    made = {name: array for name, array in arrays().items() if name[0] not in "FD"}
    numpy.savez("plain.npz", **made)
    convert("-t", "none", "plain.npz", "plain.safetensors")
    convert("--verify", "-t", "none", "plain.safetensors", "back.npz")
    with numpy.load("back.npz") as found:
        assert sorted(found) == sorted(made) and all(numpy.array_equal(found[n], made[n]) for n in made)


def nothing():
    numpy.savez("empty.npz")
    convert("-t", "none", "empty.npz", "empty-out.npz")
    same("empty-out.npz", {})


def refusals():
    numpy.save("text.npy", numpy.array(["a", "b"]))
    refused("does not hold numbers: {'descr': '<U1'", "-t", "none", "text.npy", "no.safetensors")
    numpy.save("object.npy", numpy.array([{}, None]), allow_pickle=True)
    refused("does not hold numbers", "-t", "none", "object.npy", "no.safetensors")
    refused("a .npy file holds one array, the model", "-t", "none", "plain.npz", "no.npy")
    with open("C.npy", "ab") as file:
        file.write(b"x")
    refused("bytes follow the elements", "-t", "none", "C.npy", "no.safetensors")
    damaged = bytearray(open("stored.npz", "rb").read())
    damaged[damaged.index(b"d/130x257.npy") + 1000] ^= 1
    open("damaged.npz", "wb").write(damaged)
    refused("checksum mismatch", "-t", "none", "damaged.npz", "no.npz")


for check in (archives, headers, single, other_formats, nothing, refusals):
    check()
