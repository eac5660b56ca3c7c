#!/usr/bin/env bash
# Keras 3.15.1 with TensorFlow 2.21.0, tf2onnx 1.17.0, onnxruntime 1.32.0 and ai-edge-litert 2.3.0: `keras.ops.argmax`
# of floats is no ArgMax.
#
# A good guess: `keras.ops.argmax` and `tf.argmax` are one operation, so a model that picks a class converts with both.
# Seen: Keras' own first looks at the bits of every float, to order -0.0 below 0.0, and that takes `Bitcast` and
# `BitwiseAnd`. LiteRT refuses them. tf2onnx returns a model, which onnxruntime then refuses to load: opset 18
# has no Bitcast. With `tf.argmax` in its place both convert, and give the same classes.
# So a conditional generator that turns a distribution into a class by Keras converts to neither.
exec bash "$(dirname "$0")/with_packages" tensorflow==2.21.0 keras==3.15.1 tf2onnx==1.17.0 onnx==1.23.2 \
    onnxruntime==1.32.0 ai-edge-litert==2.3.0 requests <<'PROGRAM'
import keras
import numpy as np
import onnxruntime
import tensorflow as tf
import tf2onnx
from ai_edge_litert.interpreter import Interpreter


class Choice(tf.Module):
    """A class for every row of scores."""

    def __init__(self, argmax):
        super().__init__()
        self.choose = tf.function(
            lambda scores: {"label": tf.cast(argmax(scores, axis=-1), "int32")},
            input_signature=[tf.TensorSpec([None, 4], tf.float32, name="scores")],
        )


scores = np.array([[0.1, 0.9, 0.3, 0.2], [0.5, 0.1, 0.2, 0.7]], "float32")


def by_litert(model):
    tf.saved_model.save(model, "saved", signatures={"choose": model.choose})
    try:
        content = tf.lite.TFLiteConverter.from_saved_model("saved", signature_keys=["choose"]).convert()
    except Exception as error:
        return "refused: " + ("BitwiseAnd" if "BitwiseAnd" in str(error) else str(error)[:200])
    return Interpreter(model_content=content).get_signature_runner("choose")(scores=scores)["label"].tolist()


def by_onnx(model):
    converted, _ = tf2onnx.convert.from_function(
        model.choose, input_signature=model.choose.input_signature, opset=18
    )
    operations = {node.op_type for node in converted.graph.node}
    try:
        session = onnxruntime.InferenceSession(converted.SerializeToString())
    except Exception as error:
        return f"converted, not loaded: {'Bitcast' if 'Bitcast' in str(error) and 'Bitcast' in operations else error}"
    return session.run(None, {"scores": scores})[0].tolist()


print(f"TensorFlow {tf.__version__}, Keras {keras.__version__}, tf2onnx {tf2onnx.__version__}")
seen = {}
for name, argmax in (("keras.ops.argmax", keras.ops.argmax), ("tf.argmax", tf.argmax)):
    model = Choice(argmax)
    assert model.choose(scores)["label"].numpy().tolist() == [1, 3]
    seen[name] = by_litert(model), by_onnx(model)
    print(f"{name}: LiteRT {seen[name][0]}; ONNX {seen[name][1]}")
assert seen["keras.ops.argmax"] == ("refused: BitwiseAnd", "converted, not loaded: Bitcast"), seen
assert seen["tf.argmax"] == ([1, 3], [1, 3]), seen
print("as described")
PROGRAM
