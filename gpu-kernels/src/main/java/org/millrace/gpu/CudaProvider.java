package org.millrace.gpu;

import java.util.List;
import java.util.Optional;
import org.millrace.gpu.device.CudaDevice;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.inference.tensor.DeviceProvider;

/**
 * NVIDIA devices for the engine, as {@code cuda} for any of them, {@code cuda:NUMBER} for one, or
 * {@code cuda:NUMBER,NUMBER} for some.
 */
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
  public Opened open(Load load) {
    return new Placing(CudaMachine.nvidia(), load).open();
  }

  /** Makes a device of a context, which is closed with it, or now if that fails. */
  public static CudaDevice open(CudaContext context, Request request) {
    boolean ready = false;
    try {
      var device = new CudaDevice(context, request);
      ready = true;
      return device;
    } finally {
      if (!ready) {
        context.close();
      }
    }
  }

  /** The numbers of devices as {@code 0,1}; none for any. */
  static List<String> numbers(String wanted) {
    return wanted.isEmpty() ? List.of() : List.of(wanted.split(","));
  }
}
