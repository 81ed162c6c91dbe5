package org.millrace.gpu;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;
import org.millrace.gpu.device.CudaDevice;
import org.millrace.gpu.device.ModelSizer;
import org.millrace.gpu.device.Upload;
import org.millrace.gpu.driver.CudaException;
import org.millrace.gpu.placement.DeviceBudget;
import org.millrace.gpu.placement.LayerSplit;
import org.millrace.gpu.placement.ModelSizes;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.cache.BlockMemory;
import org.millrace.inference.tensor.DeviceProvider.Load;
import org.millrace.inference.tensor.DeviceProvider.Opened;
import org.millrace.inference.tensor.DeviceProvider.Part;

/** Puts one model on a machine's devices: chooses, plans, refuses, opens. */
public final class Placing {
  private final CudaMachine machine;
  private final Load load;

  /** A device that may be used, and how much of it. */
  private record Room(CudaProbe.Device device, String id, long bytes) {
    @Override
    public String toString() {
      return "%s (%s) %d MiB of %d MiB"
          .formatted(id, device.name(), bytes >> 20, device.memoryBytes() >> 20);
    }
  }

  /** A model and the machine it is to run on. */
  public Placing(CudaMachine machine, Load load) {
    this.machine = machine;
    this.load = load;
  }

  /**
   * Opens as few devices as hold the model.
   *
   * @throws ModelLoadException when all that may be used are too small together; it names the sizes
   */
  public Opened open() {
    List<Room> rooms = rooms();
    ModelSizes sizes = ModelSizer.sizes(load);
    List<Integer> layers =
        LayerSplit.of(sizes, rooms.stream().map(Room::bytes).toList())
            .orElseThrow(() -> new ModelLoadException(tooLarge(sizes, rooms)));
    var upload =
        new Upload(load.progress(), ModelSizer.fileBytes(load.model(), layers.size() == 1));
    List<CudaDevice> devices = open(rooms, layers, upload);
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < devices.size(); i++) {
      parts.add(new Part(devices.get(i), layers.get(i)));
    }
    return new Opened(parts, new SplitCache(devices));
  }

  private List<CudaDevice> open(List<Room> rooms, List<Integer> layers, Upload upload) {
    Deque<AutoCloseable> opened = new ArrayDeque<>();
    List<CudaDevice> devices = new ArrayList<>();
    boolean ready = false;
    try {
      for (int i = 0; i < layers.size(); i++) {
        var context = machine.open(rooms.get(i).device().ordinal());
        opened.push(context::close);
        var request = load.request().ofLayers(layers.get(i));
        devices.add(new CudaDevice(context, request, load.memoryPercent(), upload));
        opened.pop();
        opened.push(devices.getLast()::close);
      }
      ready = true;
      return devices;
    } finally {
      if (!ready) {
        closeAll(opened);
      }
    }
  }

  private static void closeAll(Deque<AutoCloseable> opened) {
    for (AutoCloseable resource : opened) {
      try {
        resource.close();
      } catch (Exception alreadyFailing) {
        System.getLogger(Placing.class.getName())
            .log(System.Logger.Level.WARNING, "while giving up on a model", alreadyFailing);
      }
    }
  }

  /** Those that were asked for in their order; of any, the roomiest first. */
  private List<Room> rooms() {
    CudaProbe.Finding finding = machine.probe();
    List<String> wanted = CudaProvider.numbers(load.request().device());
    if (wanted.isEmpty()) {
      return anyOf(finding.devices());
    }
    List<Room> chosen = new ArrayList<>();
    for (String number : wanted) {
      CudaProbe.Device device = find(number.strip(), finding);
      if (chosen.stream().anyMatch(room -> room.device().equals(device))) {
        throw new ModelLoadException(
            "device %s is named twice".formatted(machine.id(device.ordinal())));
      }
      // Others are left alone: they may be lost, or somebody's for himself.
      chosen.add(room(device));
    }
    return chosen;
  }

  /** Those that can be opened. */
  private List<Room> anyOf(List<CudaProbe.Device> devices) {
    List<Room> rooms = new ArrayList<>();
    List<String> obstacles = new ArrayList<>();
    for (CudaProbe.Device device : devices) {
      try {
        rooms.add(room(device));
      } catch (CudaException unusable) {
        obstacles.add(machine.id(device.ordinal()) + ": " + unusable.getMessage());
      }
    }
    if (rooms.isEmpty()) {
      throw new ModelLoadException("no device can be opened; " + String.join("; ", obstacles));
    }
    rooms.sort(Comparator.comparingLong(Room::bytes).reversed());
    return rooms;
  }

  private CudaProbe.Device find(String number, CudaProbe.Finding finding) {
    return finding.devices().stream()
        .filter(device -> Integer.toString(device.ordinal()).equals(number))
        .findFirst()
        .orElseThrow(() ->
            new ModelLoadException(
                "there is no usable device %s; there are %s%s"
                    .formatted(
                        number,
                        finding.devices().stream()
                            .map(device -> machine.id(device.ordinal()))
                            .collect(Collectors.joining(", ")),
                        finding.reason().isEmpty() ? "" : " (" + finding.reason() + ")")));
  }

  /** What models may still take of a device, if nobody else has it. */
  private Room room(CudaProbe.Device device) {
    String id = machine.id(device.ordinal());
    long limit = DeviceBudget.limit(device.memoryBytes(), load.memoryPercent());
    long left = limit - DeviceBudget.of(id).taken();
    return new Room(device, id, Math.max(0, Math.min(left, machine.freeBytes(device.ordinal()))));
  }

  private String tooLarge(ModelSizes sizes, List<Room> rooms) {
    return "the model needs %d MiB (weights %d, KV cache %d, and %d for activations and tables%s), but there is room for %s within %d%% of each device's memory; take a smaller quantization, lower millrace.engine.kv-cache-tokens (%d) or millrace.engine.step-tokens (%d), unload another model, or name more devices"
        .formatted(
            sizes.total() >> 20,
            sizes.weights() >> 20,
            sizes.cache() >> 20,
            sizes.scratch() >> 20,
            rooms.size() > 1 ? " on each device" : "",
            rooms.stream().map(Room::toString).collect(Collectors.joining(", ")),
            load.memoryPercent(),
            32L * load.request().cacheBlocks(),
            load.request().rowsMax());
  }

  /** Each block lies on all devices, its layers where they are computed. */
  private record SplitCache(List<CudaDevice> devices) implements BlockMemory {
    @Override
    public void prepare(int block) {
      devices.forEach(device -> device.prepare(block));
    }

    @Override
    public void copy(int from, int to) {
      devices.forEach(device -> device.copy(from, to));
    }
  }
}
