"""What the benchmarks share: rates, operations, a ceiling to compare with, rows in processes of their own."""

import json
import subprocess
import sys
import time

SECONDS = 5.0


def rate(function, seconds=SECONDS):
    """Calls a second of `function`, after two calls that do not count."""
    function()
    function()
    start, calls = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        function()
        calls += 1
    return calls / (time.perf_counter() - start)


def flops(function):
    """Floating point operations of a traced function.

    Convolutions, products and what else TensorFlow counts.
    """
    import tensorflow as tf

    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    return tf.compat.v1.profiler.profile(function.graph, options=options).total_float_ops


def ceiling(dtype):
    """GFLOP/s of a 3x3 convolution with gradient: batch 16, 32 px, 128 -> 128 channels."""
    import tensorflow as tf

    x = tf.cast(tf.random.normal((16, 32, 32, 128)), dtype)
    kernel = tf.cast(tf.random.normal((3, 3, 128, 128)), dtype)

    @tf.function
    def step(x, kernel):
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            y = tf.nn.conv2d(x, kernel, 1, "SAME")
        return tape.gradient(y, [x, kernel], output_gradients=y)

    operations = 3 * 2 * 9 * 128 * 128 * 16 * 32 * 32
    return rate(lambda: step(x, kernel), 2.0) * operations / 1e9


def row(script, function, **arguments):
    """Runs one measurement of a script in a fresh process and returns its row."""
    command = [sys.executable, script, "--row", function, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def table(title, rows):
    """Prints rows of one shape as a Markdown table, each when it is there."""
    for number, each in enumerate(rows):
        if not number:
            print(f"\n### {title}\n\n| " + " | ".join(each) + " |\n|" + "---|" * len(each))
        print("| " + " | ".join(str(value) for value in each.values()) + " |", flush=True)


def run(main, every, measurements, description):
    """The command line of a benchmark.

    Args:
        main: callable. Takes the names of the tables to print.
        every: tuple of str. Names of all tables.
        measurements: dict, name -> function that returns a row.
        description: str. What a wrong command line gets.
    """
    import keras_gans_cli

    if sys.argv[1:2] == ["--row"]:
        print(json.dumps(measurements[sys.argv[2]](**json.loads(sys.argv[3]))))
        return
    unknown = set(sys.argv[1:]) - set(every)
    if unknown:
        sys.exit(f"{description}\nReceived: {' '.join(sys.argv[1:])}")
    keras_gans_cli.import_quietly()  # the tables stay together on the terminal
    main(sys.argv[1:] or every)
