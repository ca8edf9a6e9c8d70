"""Plants what one person's apps can leave behind (`plant`), or tells what of it can be seen (`look`)."""

import ctypes
import os
import pathlib
import socket
import subprocess
import sys
import time

HOME = pathlib.Path(os.environ["HOME"])
RUNTIME = pathlib.Path(os.environ["XDG_RUNTIME_DIR"])
PLACES = pathlib.Path(sys.argv[2])
KEY = 0x7A9D0000 | (os.getuid() & 0xFFFF)
MARK = "of-person-a"
NAME = f"tapward-trace-{os.getuid()}"
PORT = 20000 + os.getuid() % 20000
PROCESS_KEYRING = -2
libc = ctypes.CDLL(None, use_errno=True)
keys = ctypes.CDLL("libkeyutils.so.1")
keys.add_key.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int32]
FILES = {
    "home": HOME / "letter.txt",
    "recent list": HOME / ".local/share/recently-used.xbel",
    "x authority": HOME / ".Xauthority",
    "tmp": PLACES / "tmp" / "letter.txt",
    "var tmp": PLACES / "var-tmp" / "letter.txt",
    "shm": PLACES / "shm" / "segment",
    "runtime": RUNTIME / "letter.txt",
    "elsewhere": PLACES / "tmp" / "drop" / "letter.txt",
}


def run(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def plant():
    for path in FILES.values():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MARK)
    os.mkfifo(PLACES / "tmp" / "fifo")
    libc.shmget(KEY, 4096, 0o1600)
    libc.semget(KEY, 1, 0o1600)
    libc.msgget(KEY, 0o1600)
    run("keyctl", "add", "user", MARK, "secret", "@u")
    keys.add_key(b"user", MARK.encode(), b"secret", 6, persistent())
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind("\0" + NAME)
    abstract.listen()
    port = socket.socket()
    port.bind(("127.0.0.1", PORT))
    port.listen()
    bus = own_name("org.tapward.Trace")
    subprocess.Popen(["sh", "-c", "sleep 9000 & exec sleep 9001"])
    subprocess.Popen(["setsid", "sh", "-c", "(setsid sleep 9002 &) ; exit 0"])
    while "org.tapward.Trace" not in names():
        time.sleep(0.01)
    (HOME / "planted").write_text("done\n")
    time.sleep(9000)
    del abstract, port, bus


def own_name(name):
    """Asks the session's bus for a name, in the few bytes of D-Bus that this takes."""
    bus = socket.socket(socket.AF_UNIX)
    bus.connect(os.environ["DBUS_SESSION_BUS_ADDRESS"].removeprefix("unix:path="))
    bus.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
    bus.recv(1000)
    bus.sendall(b"BEGIN\r\n" + call(1, b"Hello") + call(2, b"RequestName", b"su", text(name.encode()) + number(4)))
    return bus


def number(value):
    return value.to_bytes(4, "little")


def text(value):
    return padded(number(len(value)) + value + b"\0", 4)


def padded(value, to):
    return value + b"\0" * (-len(value) % to)


def call(serial, member, signature=b"", body=b""):
    fields = b""
    for code, kind, value in [
        (1, b"o", b"/org/freedesktop/DBus"),
        (2, b"s", b"org.freedesktop.DBus"),
        (3, b"s", member),
        (6, b"s", b"org.freedesktop.DBus"),
    ]:
        fields = padded(fields, 8) + bytes([code, 1]) + kind + b"\0" + number(len(value)) + value + b"\0"
    if signature:
        fields = padded(fields, 8) + bytes([8, 1]) + b"g\0" + bytes([len(signature)]) + signature + b"\0"
    header = b"l\1\0\1" + number(len(body)) + number(serial) + number(len(fields)) + fields
    return padded(header, 8) + body


def persistent():
    return keys.keyctl_get_persistent(os.getuid(), PROCESS_KEYRING)


def names():
    return run("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/",
               "org.freedesktop.DBus.ListNames")


def can_connect(kind, address):
    try:
        socket.socket(kind).connect(address)
        return True
    except OSError:
        return False


def look_when_told():
    while not (HOME / "told").exists():
        time.sleep(0.01)
    look()


def look():
    processes = run("ps", "-eo", "args")
    seen = {name: path.exists() for name, path in FILES.items()} | {
        "process": "sleep 9001" in processes,
        "detached process": "sleep 9002" in processes,
        "fifo": (PLACES / "tmp" / "fifo").exists(),
        "shared memory": libc.shmget(KEY, 0, 0) >= 0,
        "semaphores": libc.semget(KEY, 0, 0) >= 0,
        "messages": libc.msgget(KEY, 0) >= 0,
        "message queue": (PLACES / "mq" / NAME).exists(),
        "user key": MARK in run("keyctl", "show", "@u"),
        "persistent key": keys.keyctl_search(persistent(), b"user", MARK.encode(), 0) >= 0,
        "abstract socket": can_connect(socket.AF_UNIX, "\0" + NAME),
        "port": can_connect(socket.AF_INET, ("127.0.0.1", PORT)),
        "bus name": "org.tapward.Trace" in names(),
    }
    # It would have to be allowed to make one, and is not.
    queue = ctypes.CDLL("librt.so.1", use_errno=True).mq_open(b"/tapward-own", os.O_CREAT | os.O_RDWR, 0o600, None)
    seen["a message queue of its own"] = queue >= 0
    (HOME / "seen").write_text("".join(f"{name}\n" for name, is_seen in sorted(seen.items()) if is_seen) + ".\n")


{"plant": plant, "look": look, "look-when-told": look_when_told}[sys.argv[1]]()
