#!/usr/bin/env bash
# TensorFlow 2.21.0: a checkpoint whose data file is cut off raises IndexError, no error of TensorFlow.
#
# A good guess: whatever is wrong with a checkpoint, `tf.train.Checkpoint.restore` raises one of `tf.errors`, so a
# program that catches `tf.errors.OpError` can fall back to the checkpoint before. Seen: a flipped byte and a cut index
# do. A cut data file, what a full disk or a broken copy leave, is a bare IndexError with the text
# "Read less bytes than requested", past that guard; so is `get_tensor` of a checkpoint reader. `latest_checkpoint`
# names the cut one, since it looks at names alone.
exec bash "$(dirname "$0")/with_packages" tensorflow==2.21.0 <<'PROGRAM'
import pathlib
import tensorflow as tf

weight = tf.Variable(tf.range(1000.0))
checkpoint = tf.train.Checkpoint(weight=weight)
prefix = checkpoint.save("ckpt")
data, index = (pathlib.Path(f"{prefix}.{end}") for end in ("data-00000-of-00001", "index"))
whole_data, whole_index = data.read_bytes(), index.read_bytes()


def raised(function):
    try:
        function()
    except Exception as error:  # which one is the question
        return type(error).__name__, isinstance(error, tf.errors.OpError)
    return None


def restore():
    tf.train.Checkpoint(weight=weight).restore(prefix)


def read():
    reader = tf.train.load_checkpoint(prefix)
    reader.get_tensor("weight/.ATTRIBUTES/VARIABLE_VALUE")


seen = {}
flipped = bytearray(whole_data)
flipped[100] ^= 1
data.write_bytes(flipped)
seen["a flipped byte, restored"] = raised(restore)
data.write_bytes(whole_data)
index.write_bytes(whole_index[:50])
seen["a cut index, restored"] = raised(restore)
index.write_bytes(whole_index)
data.write_bytes(whole_data[:-500])
seen["cut data, restored"] = raised(restore)
seen["cut data, by the reader"] = raised(read)
latest = tf.train.latest_checkpoint(".")
print(f"TensorFlow {tf.__version__}")
for fault, (name, caught) in seen.items():
    print(f"{fault}: {name}, {'caught' if caught else 'NOT caught'} by tf.errors.OpError")
print(f"latest_checkpoint of the cut one: {latest}")
assert [name for name, _ in seen.values()][2:] == ["IndexError"] * 2, seen
assert [caught for _, caught in seen.values()] == [True, True, False, False], seen
assert latest == prefix or latest == f"./{prefix}", latest
print("as described")
PROGRAM
