"""Reads pickles without running them.

A pickle is a program for a small stack machine. This machine knows the operations that files of weights
need, and of the names of functions and classes those that its caller lists, each with a stand-in of ours.
Nothing is imported, and nothing but the stand-ins is called.
"""

import dataclasses
import pickle
import pickletools
import struct
from collections.abc import Callable

from keras_gans.importers.readers.content import Unreadable

OPERATIONS = 2_000_000  # in one pickle; a large training state has a fifth of them
TEXT = 2**26  # bytes of one text
DEPTH = 100  # of values within values
VALUES = OPERATIONS  # with those that occur several times counted as often
WHOLE = 2**63  # whole numbers are smaller
KEYS = (str, int, float, type(None))  # of dictionaries, and members of sets
ADVICE = (
    "Save the tensors alone, `torch.save(network.state_dict(), path)`, with the code that wrote the file."
)


@dataclasses.dataclass(frozen=True)
class Name:
    """Stands for a function or class that a pickle names.

    Args:
        call: function of the arguments that the pickle calls it with, or `None`: it must not be called.
        new: function of the arguments that the pickle makes an object with, or `None`.
    """

    call: Callable | None = None
    new: Callable | None = None


class Buildable:
    """Something that takes a state after it was made: `build(state)` returns what takes its place."""


def load(data, start, names, persistent=None):
    """Reads one pickle.

    Args:
        data: memoryview of bytes.
        start: int. Where the pickle begins.
        names: dict of `(module, name)` to `Name`, or to a value that stands for that name.
        persistent: function of a persistent id that gives its object, or `None`: there must not be any.

    Returns:
        The object, and the position behind the pickle. Long byte strings are views of `data`.

    Raises:
        Unreadable: if the pickle is damaged or needs what is not listed.
    """
    machine = _Machine(data, start, names, persistent)
    try:
        return machine.run(), machine.position
    except _Damaged as error:
        raise Unreadable(f"the pickle is damaged before byte {machine.position}: {error}") from error


def check_values(root, leaves):
    """Checks that an object is a tree of dicts, lists, tuples, sets and leaves, of bounded depth and size.

    What reads it then may walk through it without care.

    Args:
        root: object.
        leaves: tuple of classes that may occur besides text, numbers and bytes.

    Returns:
        set: the classes of the leaves that occur.

    Raises:
        Unreadable: if it is not.
    """
    leaves = (str, bytes, memoryview, int, float, type(None), *leaves)
    root = [root]
    known, open_values, pending, seen = {}, set(), [(root, False)], set()  # known: id -> (values, depth)
    while pending:
        value, done = pending.pop()
        if id(value) in known:
            continue
        inside = list(value.values()) if isinstance(value, dict) else list(value)
        containers = [other for other in inside if not isinstance(other, leaves)]
        if not done:
            if id(value) in open_values:
                raise Unreadable(f"it holds a {type(value).__name__} that contains itself. {ADVICE}")
            for other in containers:
                if not isinstance(other, (dict, list, tuple, set)):
                    raise Unreadable(f"it holds {_describe(other)} as a value, which is no weight. {ADVICE}")
            seen.update(type(other) for other in inside if isinstance(other, leaves))
            open_values.add(id(value))
            pending.append((value, True))
            pending.extend((other, False) for other in containers)
            continue
        open_values.remove(id(value))
        counts, depths = zip(
            (1 + len(inside) - len(containers), 0), *(known[id(c)] for c in containers), strict=True
        )
        known[id(value)] = sum(counts), 1 + max(depths)
        if sum(counts) > VALUES:
            raise Unreadable(
                f"it holds more than {VALUES:,} values, counted as often as they occur. {ADVICE}"
            )
        if max(depths) > DEPTH:
            raise Unreadable(f"its values are nested more than {DEPTH} deep. {ADVICE}")
    return seen


def check_key(key):
    """Checks a key of a dictionary or member of a set: text, a number or None."""
    if not isinstance(key, KEYS) or (isinstance(key, int) and abs(key) >= WHOLE):
        raise Unreadable(f"it has {_describe(key)} as a key. Allowed are texts and numbers. {ADVICE}")
    return key


def _describe(value):
    return f"an object of kind `{type(value).__name__.lstrip('_')}`"


class _Damaged(Exception):
    """The operations make no sense."""


class _Machine:
    def __init__(self, data, start, names, persistent):
        self.data, self.position = data, start
        self.names, self.persistent = names, persistent
        self.stack, self.marks, self.memo = [], [], {}
        self.taken = 0  # sizes of the arguments of calls
        self.places = {}  # where the memo holds what may be replaced: id -> indices

    def run(self):
        for _ in range(OPERATIONS):
            code = bytes(self.take(1))
            if code == pickle.STOP:
                result = self.pop()
                if self.stack or self.marks:
                    raise _Damaged("it ends with values left over")
                return result
            operation = _OPERATIONS.get(code)
            if operation is None:
                self.refuse(code)
            operation(self)
        raise Unreadable(f"the pickle has more than {OPERATIONS:,} operations. {ADVICE}")

    def refuse(self, code):
        known = pickletools.code2op.get(code.decode("latin1"))
        if known is None:
            raise _Damaged(f"{code!r} is no operation")
        raise Unreadable(
            f"the pickle has the operation {known.name}, which files of weights do not need. {ADVICE}"
        )

    def take(self, count):
        end = self.position + count
        if end > len(self.data):
            raise _Damaged(f"{count:,} bytes are needed and {len(self.data) - self.position:,} are left")
        taken, self.position = self.data[self.position : end], end
        return taken

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def text(self, form, encoding="utf-8"):
        count = self.number(form)
        if not 0 <= count <= TEXT:
            raise Unreadable(f"the pickle has a text of {count:,} bytes. Allowed are {TEXT:,}. {ADVICE}")
        return self.decode(self.take(count), encoding)

    def decode(self, taken, encoding="utf-8"):
        try:
            return str(taken, encoding)
        except UnicodeDecodeError as error:
            raise _Damaged(f"a text is no {encoding}") from error

    def line(self):
        start = self.position
        for _ in range(500):
            if bytes(self.take(1)) == b"\n":
                return self.decode(self.data[start : self.position - 1])
        raise _Damaged("a name does not end")

    def push(self, value):
        self.stack.append(value)

    def pop(self):
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise _Damaged("a value is missing")
        return self.stack.pop()

    def pop_to_mark(self):
        if not self.marks:
            raise _Damaged("a mark is missing")
        mark = self.marks.pop()
        values = self.stack[mark:]
        del self.stack[mark:]
        return values

    def top(self, kind):
        value = self.pop()
        if not isinstance(value, kind):
            raise _Damaged(f"{_describe(value)} is where a {kind.__name__} should be")
        self.push(value)
        return value

    def mark(self):
        self.marks.append(len(self.stack))

    def store(self, index):
        value = self.pop()
        self.push(value)
        self.memo[index] = value
        if isinstance(value, Buildable):
            self.places.setdefault(id(value), []).append(index)

    def recall(self, index):
        if index not in self.memo:
            raise _Damaged(f"value {index} was not stored")
        self.push(self.memo[index])

    def tuple(self, count):
        values = [self.pop() for _ in range(count)]
        self.push(tuple(reversed(values)))

    def append(self, values):
        self.top(list).extend(values)

    def set_items(self, values):
        if len(values) % 2:
            raise _Damaged("a value of a dictionary is missing")
        items = self.top(dict)
        for key, value in zip(values[::2], values[1::2], strict=True):
            if check_key(key) in items:
                raise Unreadable(f"it has the key {key!r} twice in one dictionary, which no writer does.")
            items[key] = value

    def add(self, values):
        self.top(set).update(map(check_key, values))

    def find(self, module, name):
        if not isinstance(module, str) or not isinstance(name, str):
            raise _Damaged("a name is no text")
        if (module, name) not in self.names:
            raise Unreadable(
                f"it refers to `{module}.{name}`, which is not among the names that files of weights "
                f"need; nothing of it was run. {ADVICE}"
            )
        self.push(self.names[module, name])

    def find_on_stack(self):
        module, name = self.pair()
        self.find(module, name)

    def pair(self):
        second = self.pop()
        return self.pop(), second

    def call(self, how):
        function, arguments = self.pair()
        if not isinstance(function, Name) or getattr(function, how) is None:
            raise Unreadable(f"it calls {_describe(function)}, which is no function. {ADVICE}")
        if not isinstance(arguments, tuple):
            raise _Damaged("arguments are no tuple")
        self.push(self.run_stand_in(getattr(function, how), arguments))

    def run_stand_in(self, function, arguments):
        """Stand-ins may copy what they get, and a pickle may give them the same a thousand times."""
        state = arguments[0] if arguments and isinstance(arguments[0], tuple) else ()
        self.taken += sum(len(value) for value in (*arguments, *state) if isinstance(value, _SIZED))
        if self.taken > 2 * len(self.data) + 2**20:
            raise Unreadable(f"its calls take the same values again and again. {ADVICE}")
        try:
            return function(*arguments)
        except TypeError as error:
            raise _Damaged(f"arguments do not fit: {error}") from error

    def build(self):
        """The object may be replaced: what was stored of it is replaced as well."""
        value, state = self.pair()
        if not isinstance(value, Buildable):
            raise Unreadable(f"it gives a state to {_describe(value)}, which takes none. {ADVICE}")
        built = self.run_stand_in(value.build, (state,))
        if built is not value:
            self.memo.update(dict.fromkeys(self.places.pop(id(value), ()), built))
        self.push(built)

    def persist(self):
        if self.persistent is None:
            raise Unreadable(
                f"it refers to data outside of the pickle, which this kind of file has not. {ADVICE}"
            )
        self.push(self.persistent(self.pop()))

    def protocol(self):
        version = self.number("B")
        if not 2 <= version <= 5:
            raise Unreadable(f"the pickle is of protocol {version}. Allowed are 2 to 5. {ADVICE}")


_SIZED = (str, bytes, memoryview, list, tuple, dict, set)
_OPERATIONS = {
    pickle.PROTO: _Machine.protocol,
    pickle.FRAME: lambda self: self.number("<Q"),  # a hint for buffered reading
    pickle.MARK: _Machine.mark,
    pickle.GLOBAL: lambda self: self.find(self.line(), self.line()),
    pickle.STACK_GLOBAL: _Machine.find_on_stack,
    pickle.BINPUT: lambda self: self.store(self.number("B")),
    pickle.LONG_BINPUT: lambda self: self.store(self.number("<I")),
    pickle.MEMOIZE: lambda self: self.store(len(self.memo)),
    pickle.BINGET: lambda self: self.recall(self.number("B")),
    pickle.LONG_BINGET: lambda self: self.recall(self.number("<I")),
    pickle.NONE: lambda self: self.push(None),
    pickle.NEWTRUE: lambda self: self.push(True),
    pickle.NEWFALSE: lambda self: self.push(False),
    pickle.BININT: lambda self: self.push(self.number("<i")),
    pickle.BININT1: lambda self: self.push(self.number("B")),
    pickle.BININT2: lambda self: self.push(self.number("<H")),
    pickle.LONG1: lambda self: self.push(int.from_bytes(self.take(self.number("B")), "little", signed=True)),
    pickle.BINFLOAT: lambda self: self.push(self.number(">d")),
    pickle.BINUNICODE: lambda self: self.push(self.text("<I")),
    pickle.SHORT_BINUNICODE: lambda self: self.push(self.text("B")),
    pickle.BINSTRING: lambda self: self.push(self.text("<i", "latin1")),  # of Python 2
    pickle.SHORT_BINSTRING: lambda self: self.push(self.text("B", "latin1")),
    pickle.BINBYTES: lambda self: self.push(self.take(self.number("<I"))),
    pickle.SHORT_BINBYTES: lambda self: self.push(bytes(self.take(self.number("B")))),
    pickle.EMPTY_TUPLE: lambda self: self.push(()),
    pickle.TUPLE1: lambda self: self.tuple(1),
    pickle.TUPLE2: lambda self: self.tuple(2),
    pickle.TUPLE3: lambda self: self.tuple(3),
    pickle.TUPLE: lambda self: self.push(tuple(self.pop_to_mark())),
    pickle.EMPTY_LIST: lambda self: self.push([]),
    pickle.APPEND: lambda self: self.append([self.pop()]),
    pickle.APPENDS: lambda self: self.append(self.pop_to_mark()),
    pickle.EMPTY_DICT: lambda self: self.push({}),
    pickle.SETITEM: lambda self: self.set_items(self.pair()),
    pickle.SETITEMS: lambda self: self.set_items(self.pop_to_mark()),
    pickle.EMPTY_SET: lambda self: self.push(set()),
    pickle.ADDITEMS: lambda self: self.add(self.pop_to_mark()),
    pickle.NEWOBJ: lambda self: self.call("new"),
    pickle.REDUCE: lambda self: self.call("call"),
    pickle.BUILD: _Machine.build,
    pickle.BINPERSID: _Machine.persist,
}
