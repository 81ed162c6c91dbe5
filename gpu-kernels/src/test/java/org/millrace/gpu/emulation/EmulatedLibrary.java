package org.millrace.gpu.emulation;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/** The functions that {@code src/main/cuda/emulation/emulation.cpp} exports. */
@SuppressWarnings("checkstyle:illegalcatch") // a method handle declares Throwable
final class EmulatedLibrary {
  static final Path FILE = Path.of("target/emulation/libmillrace-emulated.so");

  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final MemoryLayout POINTER = ValueLayout.ADDRESS;

  private final SymbolLookup symbols;
  final MethodHandle message;
  final MethodHandle allocate;
  final MethodHandle free;
  final MethodHandle upload;
  final MethodHandle download;
  final MethodHandle copy;
  final MethodHandle fill;
  final MethodHandle kernel;
  final MethodHandle launch;

  private static final class Holder {
    static final EmulatedLibrary LOADED = new EmulatedLibrary();
  }

  private EmulatedLibrary() {
    symbols = SymbolLookup.libraryLookup(FILE.toAbsolutePath(), Arena.global());
    message = find("emulation_message", FunctionDescriptor.of(ValueLayout.ADDRESS));
    allocate = find("emulation_allocate", FunctionDescriptor.of(INT, LONG, POINTER));
    free = find("emulation_free", FunctionDescriptor.of(INT, LONG));
    upload = find("emulation_upload", FunctionDescriptor.of(INT, LONG, POINTER, LONG));
    download = find("emulation_download", FunctionDescriptor.of(INT, LONG, POINTER, LONG));
    copy = find("emulation_copy", FunctionDescriptor.of(INT, LONG, LONG, LONG));
    fill = find("emulation_fill", FunctionDescriptor.of(INT, LONG, INT, LONG));
    kernel = find("emulation_kernel", FunctionDescriptor.of(ValueLayout.ADDRESS, POINTER));
    launch =
        find(
            "emulation_launch",
            FunctionDescriptor.of(INT, POINTER, INT, INT, INT, INT, INT, POINTER, LONG));
  }

  private MethodHandle find(String name, FunctionDescriptor descriptor) {
    MemorySegment symbol = symbols.find(name).orElseThrow();
    return Linker.nativeLinker().downcallHandle(symbol, descriptor);
  }

  /** Whether the build could make it: it needs a C++ compiler. */
  static boolean isThere() {
    return Files.exists(FILE);
  }

  static EmulatedLibrary get() {
    return Holder.LOADED;
  }

  /** What the last failure was. */
  String lastMessage() {
    try {
      return ((MemorySegment) message.invokeExact()).reinterpret(1024).getString(0);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
