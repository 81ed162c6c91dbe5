package org.millrace.gpu.driver;

import java.lang.foreign.MemorySegment;
import jcuda.Pointer;

/** Memory of the host, for JCuda; whoever passes it on keeps the segment alive. */
final class HostAddress extends Pointer {
  HostAddress(MemorySegment memory) {
    super(memory.address());
  }
}
