package org.millrace.gpu.device;

import java.util.HashMap;
import java.util.Map;
import org.millrace.gpu.driver.Arguments;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.CudaContext.Grid;
import org.millrace.gpu.driver.CudaContext.Kernel;

/** Starts kernels by name, with one set of arguments that is used again and again. */
final class Launcher {
  private final CudaContext context;
  private final Map<String, Kernel> kernels = new HashMap<>();
  private final Arguments arguments = new Arguments();

  Launcher(CudaContext context) {
    this.context = context;
  }

  CudaContext context() {
    return context;
  }

  /** Arguments to be filled for the next {@link #run}. */
  Arguments arguments() {
    return arguments.clear();
  }

  /** Those that are being filled. */
  Arguments current() {
    return arguments;
  }

  void run(String kernel, Grid grid) {
    context.launch(kernels.computeIfAbsent(kernel, context::kernel), grid, arguments);
  }
}
