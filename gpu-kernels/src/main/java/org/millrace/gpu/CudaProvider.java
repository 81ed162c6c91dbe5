package org.millrace.gpu;

import java.util.Comparator;
import java.util.Optional;
import org.millrace.gpu.device.CudaDevice;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.NvidiaContext;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.tensor.DeviceProvider;

/** NVIDIA devices for the engine, as {@code cuda} or {@code cuda:NUMBER}. */
public final class CudaProvider implements DeviceProvider {
  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public Optional<String> obstacle() {
    CudaProbe.Finding finding = CudaProbe.probe();
    return finding.devices().isEmpty() ? Optional.of(finding.reason()) : Optional.empty();
  }

  @Override
  public Opened open(Request request) {
    return open(NvidiaContext.open(ordinal(request.device())), request);
  }

  /** Makes a device of a context, which is closed with it, or now if that fails. */
  public static Opened open(CudaContext context, Request request) {
    boolean ready = false;
    try {
      var device = new CudaDevice(context, request);
      ready = true;
      return new Opened(device, device);
    } finally {
      if (!ready) {
        context.close();
      }
    }
  }

  private static int ordinal(String wanted) {
    var devices = CudaProbe.probe().devices();
    if (wanted.isEmpty()) {
      return devices.stream()
          .max(Comparator.comparingLong(CudaProvider::freeBytes))
          .orElseThrow()
          .ordinal();
    }
    return devices.stream()
        .filter(device -> Integer.toString(device.ordinal()).equals(wanted))
        .findFirst()
        .orElseThrow(() ->
            new ModelLoadException(
                "there is no usable device cuda:%s; there are %s".formatted(wanted, devices)))
        .ordinal();
  }

  /** Several models may share a device; a new one goes where there is most room. */
  private static long freeBytes(CudaProbe.Device device) {
    return NvidiaContext.freeBytes(device.ordinal());
  }
}
