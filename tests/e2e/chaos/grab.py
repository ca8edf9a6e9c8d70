"""Grabs keyboard and pointer of the display, again and again."""

import ctypes
import time

x = ctypes.CDLL("libX11.so.6")
x.XOpenDisplay.restype = ctypes.c_void_p
x.XDefaultRootWindow.restype = ctypes.c_ulong
display = ctypes.c_void_p(x.XOpenDisplay(None))
root = ctypes.c_ulong(x.XDefaultRootWindow(display))
while True:
    x.XGrabKeyboard(display, root, 0, 1, 1, ctypes.c_ulong(0))
    x.XGrabPointer(display, root, 0, 4, 1, 1, ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))
    x.XFlush(display)
    time.sleep(0.02)
