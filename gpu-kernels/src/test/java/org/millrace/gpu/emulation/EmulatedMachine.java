package org.millrace.gpu.emulation;

import java.util.ArrayList;
import java.util.List;
import org.millrace.gpu.CudaMachine;
import org.millrace.gpu.CudaProbe;
import org.millrace.gpu.driver.CudaContext;

/** A machine with emulated devices. */
public final class EmulatedMachine implements CudaMachine {
  private static final int DEVICES = 4;
  private static final EmulatedMachine USUAL = new EmulatedMachine("emulated", DEVICES);

  private final List<EmulatedDevice> devices = new ArrayList<>();
  private boolean peers = true;

  /**
   * @param name what devices are called before their number, so that two machines' are told apart
   */
  public EmulatedMachine(String name, int count) {
    for (int i = 0; i < count; i++) {
      devices.add(new EmulatedDevice(name + ":" + i));
    }
  }

  /** The machine whose devices an engine gets as {@code emulated:NUMBER}. */
  public static EmulatedMachine usual() {
    return USUAL;
  }

  /** One of its devices. */
  public EmulatedDevice device(int ordinal) {
    return devices.get(ordinal);
  }

  /** Whether data goes from device to device; through the host where not. */
  public void peers(boolean reachable) {
    peers = reachable;
  }

  boolean peers() {
    return peers;
  }

  @Override
  public CudaProbe.Finding probe() {
    List<CudaProbe.Device> found = new ArrayList<>();
    for (int i = 0; i < devices.size(); i++) {
      found.add(new CudaProbe.Device(i, "emulated", 90, devices.get(i).memoryBytes()));
    }
    return new CudaProbe.Finding(found, "");
  }

  @Override
  public long freeBytes(int ordinal) {
    EmulatedDevice device = devices.get(ordinal);
    return device.memoryBytes() - device.allocatedBytes();
  }

  @Override
  public CudaContext open(int ordinal) {
    return new EmulatedContext(
        devices.get(ordinal), EmulatedContext.Order.UPWARDS, new EmulatedStream(), peers);
  }

  @Override
  public String id(int ordinal) {
    return devices.get(ordinal).id();
  }
}
