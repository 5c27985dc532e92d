/* core/convert/known-table.c: the table of known formats that no reader reads: data only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The bits are those that the conditions verify, as in a reader's bid; a reader that verifies as many is preferred.
 * Sources of magic numbers: the file formats' own documents, and file(1). */
#include "config.h"

#include "core/convert/known.h"

#define MAGIC(position, bytes) .at = position, .magic = bytes, .n = sizeof (bytes) - 1
#define TEXT(text) .is_text = true, .magic = text, .n = sizeof (text) - 1
#define ZIP MAGIC (0, "PK\3\4")
#define SAVE "safetensors.numpy as s; "
#define PYTHON(imports, tensors)                                                   \
  "with Python: python -c \"import sys, " imports ", " SAVE "s.save_file(" tensors \
  ", 'model.safetensors')\" FILE"

#define AGAIN "download the file itself; a gated model first needs 'hf auth login'"
#define PAGE "the download returned a web page, such as a login page: download the file itself"
#define UNTAR "unpack it: mkdir unpacked && tar -xf FILE -C unpacked"
#define UNPACK(program) "unpack it: " program " FILE > unpacked"
#define GGML "convert it with convert_llama_ggml_to_gguf.py of llama.cpp; whisper.cpp reads it as it is"
#define SAVE_OTHER \
  "load it with the program that wrote it, and save the weights as safetensors or with torch.save"
#define TENSORFLOW(path)                                                                  \
  PYTHON ("tensorflow as tf",                                                             \
          "(lambda r: {n: r.get_tensor(n) for n in r.get_variable_to_shape_map() if not " \
          "n.startswith('_CHECKPOINTABLE')})(tf.train.load_checkpoint(" path "))")
#define SAVED_MODEL(path) \
  PYTHON ("tensorflow as tf", "{v.name: v.numpy() for v in tf.saved_model.load(" path ").variables}")
#define TRANSFORMERS_4(from)                                         \
  "with transformers 4: python -c \"import sys, transformers as t; " \
  "t.AutoModel.from_pretrained(sys.argv[1], " from "=True).save_pretrained('converted')\" "

const fci_known fci_known_table[] = {
  /* Files that stand in for a checkpoint. */
  { "a Git LFS pointer", "the file holds only a pointer: fetch the data with 'git lfs pull'", 200,
    .is_placeholder = true, TEXT ("version https://git-lfs.") },
  { "a web page", PAGE, 200, .is_placeholder = true, TEXT ("<!doctype html") },
  { "a web page", PAGE, 200, .is_placeholder = true, TEXT ("<html") },
  { "an error message of a server", AGAIN, 200, .is_placeholder = true, TEXT ("<?xml"), .inside = "<Error>" },
  { "an error message of a server", AGAIN, 200, .is_placeholder = true, TEXT ("{\"error\":") },
  { "an error message of a server", AGAIN, 200, .is_placeholder = true, TEXT ("Entry not found") },
  { "an error message of a server", AGAIN, 200, .is_placeholder = true, TEXT ("Repository not found") },
  { "an error message of a server", AGAIN, 200, .is_placeholder = true,
    TEXT ("Invalid username or password") },
  { "an error message of a server", AGAIN, 200, .is_placeholder = true, TEXT ("Access to model ") },

  /* Archives and compressed files. */
  { "a compressed NeMo archive", UNTAR ", then give unpacked", 64, MAGIC (0, "\x1f\x8b\x08"),
    .names = "*.nemo", .needs_name = true },
  { "a checkpoint of torch before 0.1.10 (a tar archive)",
    "if you trust the file: python -c \"import sys, torch; torch.save(torch.load(sys.argv[1], "
    "weights_only=False), "
    "'model.pt')\" FILE",
    112, MAGIC (0, "sys_info\0"), .inside = "ustar" },
  { "a tar archive", UNTAR ", then give the checkpoint in it", 40, MAGIC (257, "ustar"), .names = "*.tar" },
  { "a compressed tar archive", UNTAR ", then give the checkpoint in it", 32, MAGIC (0, "\x1f\x8b\x08"),
    .names = "*.tar.gz *.tgz", .needs_name = true },
  { "a file compressed with gzip", UNPACK ("gzip -dc"), 24, MAGIC (0, "\x1f\x8b\x08"), .names = "*.gz" },
  { "a file compressed with bzip2", UNPACK ("bzip2 -dc"), 72, MAGIC (4, "1AY&SY"), .names = "*.bz2" },
  { "a file compressed with xz", UNPACK ("xz -dc"), 48,
    MAGIC (0, "\xfd"
              "7zXZ\0"),
    .names = "*.xz" },
  { "a file compressed with zstd", UNPACK ("zstd -dc"), 32, MAGIC (0, "\x28\xb5\x2f\xfd"), .names = "*.zst" },
  { "a file compressed with lz4", UNPACK ("lz4 -dc"), 32, MAGIC (0, "\x04\x22\x4d\x18"), .names = "*.lz4" },
  { "a 7z archive", "unpack it: 7z x FILE, then give the checkpoint in it", 48,
    MAGIC (0, "7z\xbc\xaf\x27\x1c"), .names = "*.7z" },
  { "a RAR archive", "unpack it: unrar x FILE, then give the checkpoint in it", 48, MAGIC (0, "Rar!\x1a\x07"),
    .names = "*.rar" },
  { "a zip archive without a checkpoint of torch in it",
    "unpack it: unzip FILE -d unpacked, then give the checkpoint in it", 1, ZIP, .names = "*.zip" },
  { "an unfinished download", "finish the download, or download the file again", 1,
    .names = "*.incomplete *.crdownload *.part *.aria2 *.download" },

  /* Other files of PyTorch. */
  { "a TorchScript program",
    "python -c \"import sys, torch; torch.save(torch.jit.load(sys.argv[1], map_location='cpu').state_dict(), "
    "'model.pt')\" FILE",
    64, ZIP, .inside = "/constants.pkl" },
  /* Less than the torch reader bids for a checkpoint that has this text in it, more than for one inside a program. */
  { "a program of torch.export",
    "python -c \"import sys, torch; torch.save(dict(torch.export.load(sys.argv[1]).state_dict), "
    "'model.pt')\" FILE",
    96, ZIP, .inside = "/archive_format", .names = "*.pt2" },
  { "an archive of TorchServe", "unpack it: unzip FILE -d unpacked, then give the checkpoint in it", 96, ZIP,
    .inside = "MAR-INF/", .names = "*.mar" },
  { "an ExecuTorch program", SAVE_OTHER, 32, MAGIC (4, "ET12"), .names = "*.pte" },

  /* NumPy, Keras, TensorFlow, JAX, ONNX. */
  { "a NumPy archive (.npz)", PYTHON ("numpy", "dict(numpy.load(sys.argv[1]))"), 64, ZIP, .inside = ".npy",
    .names = "*.npz" },
  { "a NumPy array (.npy)", PYTHON ("numpy", "{'array': numpy.load(sys.argv[1])}"), 48,
    MAGIC (0, "\x93NUMPY"), .names = "*.npy" },
  { "a Keras model",
    "with Keras: python -c \"import sys, keras; "
    "keras.saving.load_model(sys.argv[1]).save_weights('model.weights.h5')\" "
    "FILE, then save its datasets as safetensors",
    96, ZIP, .inside = "model.weights.h5", .names = "*.keras" },
  { "an HDF5 file, as Keras and TensorFlow write",
    "with Python: python -c \"import sys, h5py, " SAVE
    "d = {}; h5py.File(sys.argv[1]).visititems(lambda n, o: d.update({n: o[()]}) if isinstance(o, "
    "h5py.Dataset) else "
    "None); s.save_file(d, 'model.safetensors')\" FILE",
    64, MAGIC (0, "\x89HDF\r\n\x1a\n"), .names = "*.h5 *.hdf5 *.keras" },
  { "the index of a TensorFlow checkpoint", TENSORFLOW ("sys.argv[1].rsplit('.', 1)[0]"), 64,
    MAGIC (-8, "\x57\xfb\x80\x8b\x24\x75\x47\xdb"), .names = "*.index" },
  { "the data of a TensorFlow checkpoint", TENSORFLOW ("sys.argv[1].rsplit('.', 1)[0]"), 1,
    .names = "*.data-[0-9][0-9][0-9][0-9][0-9]-of-[0-9][0-9][0-9][0-9][0-9]" },
  { "the graph of a TensorFlow checkpoint", TENSORFLOW ("sys.argv[1].rsplit('.', 1)[0]"), 1,
    .names = "*.ckpt.meta *.ckpt-*.meta" },
  { "a TensorFlow SavedModel", SAVED_MODEL ("sys.argv[1].rpartition('/')[0] or '.'"), 16, MAGIC (0, "\x08"),
    .names = "saved_model.pb", .needs_name = true },
  { "a graph of TensorFlow", SAVE_OTHER, 1, .names = "*.pb *.pbtxt" },
  { "a TensorFlow Lite model", SAVE_OTHER, 32, MAGIC (4, "TFL3"), .names = "*.tflite" },
  { "a Flax model (msgpack)",
    "with Flax: python -c \"import sys, numpy, flax, " SAVE "s.save_file({k: numpy.asarray(v) for k, v in "
    "flax.traverse_util.flatten_dict(flax.serialization.msgpack_restore("
    "open(sys.argv[1], 'rb').read()), sep='.').items()}, 'model.safetensors')\" FILE",
    1, .names = "*.msgpack" },
  { "an ONNX model",
    PYTHON ("onnx, onnx.numpy_helper as h",
            "{t.name: h.to_array(t) for t in onnx.load(sys.argv[1]).graph.initializer}"),
    72, MAGIC (2, "\x12\x07pytorch"), .names = "*.onnx" },
  { "an ONNX model",
    PYTHON ("onnx, onnx.numpy_helper as h",
            "{t.name: h.to_array(t) for t in onnx.load(sys.argv[1]).graph.initializer}"),
    8, MAGIC (0, "\x08"), .names = "*.onnx", .needs_name = true },

  /* Models of other programs. */
  { "a GGML file from before GGUF", GGML, 32, MAGIC (0, "lmgg") },
  { "a GGML file from before GGUF", GGML, 32, MAGIC (0, "fmgg") },
  { "a GGML file from before GGUF", GGML, 32, MAGIC (0, "tjgg") },
  { "a GGML file from before GGUF", GGML, 32, MAGIC (0, "algg") },
  { "a TensorRT engine", SAVE_OTHER, 32, MAGIC (0, "ftrt"), .names = "*.engine *.plan *.trt" },
  { "a Core ML model", SAVE_OTHER, 1, .names = "*.mlmodel" },
  { "an object of scikit-learn",
    "it has no tensors of a neural network: load it with joblib.load; skl2onnx exports it", 64,
    MAGIC (0, "\x80"), .inside = "sklearn.", .names = "*.pkl *.pickle *.joblib" },
  { "a file of joblib", "load it with joblib.load, and save its arrays with safetensors.numpy.save_file", 56,
    MAGIC (0, "\x80"), .inside = "joblib.", .names = "*.pkl *.pickle *.joblib" },
  { "a file of joblib", "load it with joblib.load, and save its arrays with safetensors.numpy.save_file", 1,
    .names = "*.joblib" },

  /* Files next to a model. */
  { "a JSON text, not weights", "give the folder that holds it, or a file of weights", 1, .names = "*.json" },
  { "a PDF document", "give a file of weights", 40, MAGIC (0, "%PDF-"), .names = "*.pdf" },
  { "a PNG picture", "give a file of weights", 64, MAGIC (0, "\x89PNG\r\n\x1a\n"), .names = "*.png" },
  { "a JPEG picture", "give a file of weights", 24, MAGIC (0, "\xff\xd8\xff"), .names = "*.jpg *.jpeg" },
  { "a Parquet file, as data sets have", "give a file of weights", 32, MAGIC (0, "PAR1"),
    .names = "*.parquet" },

  /* Folders. */
  { "a distributed checkpoint of Megatron",
    "export it to Hugging Face with the program that wrote it (Megatron Bridge, NeMo)", 1, .is_folder = true,
    .names = "metadata.json common.pt" },
  { "a TensorFlow SavedModel", SAVED_MODEL ("sys.argv[1]"), 1, .is_folder = true, .names = "saved_model.pb" },
  { "a folder of a TensorFlow checkpoint", TENSORFLOW ("sys.argv[1]"), 1, .is_folder = true,
    .names = "*.index *.data-*-of-*" },
  { "a Flax model", TRANSFORMERS_4 ("from_flax") "FILE", 1, .is_folder = true,
    .names = "flax_model*.msgpack" },
  { "a TensorFlow model of transformers", TRANSFORMERS_4 ("from_tf") "FILE", 1, .is_folder = true,
    .names = "tf_model.h5" },
  { "a JAX checkpoint of Orbax", SAVE_OTHER, 1, .is_folder = true, .names = "_METADATA" },
  { "a JAX checkpoint of Orbax", SAVE_OTHER, 1, .is_folder = true, .names = "_CHECKPOINT_METADATA" },
  { "a model in the cache of Hugging Face", "give one of the folders in FILE/snapshots", 1, .is_folder = true,
    .names = "blobs snapshots" },
  { "a ZeRO checkpoint of DeepSpeed",
    "join its parts: python FILE/zero_to_fp32.py FILE joined, then give joined", 1, .is_folder = true,
    .names = "zero_to_fp32.py" },
  { "a Core ML package", SAVE_OTHER, 1, .is_folder = true, .names = "Manifest.json Data" },
  { "a folder of training runs", "give one of its checkpoint folders", 1, .is_folder = true,
    .names = "checkpoint-[0-9]*" },
  { "a folder with an ONNX model", "give the .onnx file itself: the message tells how to convert it", 1,
    .is_folder = true, .names = "*.onnx" },
};

const size_t fci_known_rows = sizeof fci_known_table / sizeof *fci_known_table;
