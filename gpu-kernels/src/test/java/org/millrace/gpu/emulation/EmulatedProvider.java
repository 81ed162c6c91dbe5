package org.millrace.gpu.emulation;

import java.util.Locale;
import java.util.Optional;
import org.millrace.gpu.CudaProvider;
import org.millrace.inference.tensor.DeviceProvider;

/** Emulated devices for the engine: {@code emulated:upwards}, {@code emulated:downwards}, ... */
public final class EmulatedProvider implements DeviceProvider {
  @Override
  public String name() {
    return "emulated";
  }

  @Override
  public Optional<String> obstacle() {
    return EmulatedLibrary.isThere() ? Optional.empty() : Optional.of("no library was built");
  }

  @Override
  public Opened open(Request request) {
    var order =
        request.device().isEmpty()
            ? EmulatedContext.Order.UPWARDS
            : EmulatedContext.Order.valueOf(request.device().toUpperCase(Locale.ROOT));
    return CudaProvider.open(new EmulatedContext(order), request);
  }
}
