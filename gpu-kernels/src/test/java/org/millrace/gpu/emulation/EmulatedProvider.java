package org.millrace.gpu.emulation;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.millrace.gpu.Placing;
import org.millrace.gpu.device.CudaDevice;
import org.millrace.gpu.device.Upload;
import org.millrace.inference.tensor.DeviceProvider;

/**
 * Emulated devices for the engine: {@code emulated:0}, {@code emulated:0,1} of the usual machine;
 * {@code emulated:upwards}, {@code emulated:downwards}, ... for one of its own.
 */
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
  public Opened open(Load load) {
    String wanted = load.request().device().toUpperCase(Locale.ROOT);
    return Arrays.stream(EmulatedContext.Order.values())
        .filter(order -> order.name().equals(wanted))
        .findFirst()
        .map(order -> alone(order, load))
        .orElseGet(() -> new Placing(EmulatedMachine.usual(), load).open());
  }

  private static Opened alone(EmulatedContext.Order order, Load load) {
    var device =
        new CudaDevice(
            EmulatedContext.late(order), load.request(), load.memoryPercent(), Upload.unwatched());
    return new Opened(List.of(new Part(device, load.request().layout().layers())), device);
  }
}
