package org.millrace.launcher.engine;

import java.util.List;
import java.util.Map;
import org.millrace.gpu.measure.KernelFloors;
import org.millrace.inference.api.DeviceUse;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.Machine;

/** What {@code bench} tells of a device with memory of its own, beside what it tells of each. */
final class DeviceFigures {
  private static final String CUDA = "cuda:";

  private DeviceFigures() {}

  /** Bytes a second from the memory that weights are read from. */
  static double memoryBytesPerSecond(Engine engine, int threads) {
    int ordinal = ordinal(engine);
    return ordinal < 0 ? Machine.memoryBytesPerSecond(threads) : KernelFloors.bandwidthOf(ordinal);
  }

  /** The driver's number of the first GPU; -1 where there is none. */
  static int ordinal(Engine engine) {
    return engine.deviceUse().stream()
        .map(DeviceUse::device)
        .filter(device -> device.startsWith(CUDA))
        .mapToInt(device -> Integer.parseInt(device.substring(CUDA.length())))
        .findFirst()
        .orElse(-1);
  }

  /** Adds what was taken of the devices, and what that is beside float16. */
  static void put(Map<String, Object> report, Engine engine) {
    List<DeviceUse> devices = engine.deviceUse();
    if (devices.isEmpty()) {
      return;
    }
    long weights = devices.stream().mapToLong(DeviceUse::weights).sum();
    long asHalves = 2 * engine.model().parameters();
    report.put("devices", devices.stream().map(DeviceUse::device).toList());
    report.put("device_weight_bytes", weights);
    report.put("f16_weight_bytes", asHalves);
    report.put("weights_of_f16", (double) weights / asHalves);
    report.put("device_cache_bytes", devices.stream().mapToLong(DeviceUse::cache).sum());
    report.put("device_scratch_bytes", devices.stream().mapToLong(DeviceUse::scratch).sum());
    report.put("device_graph_bytes", devices.stream().mapToLong(DeviceUse::graphs).sum());
  }
}
