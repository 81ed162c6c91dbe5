package org.millrace.inference.model;

import java.util.List;
import java.util.stream.Collectors;
import org.millrace.inference.api.ChatEncoder;
import org.millrace.inference.api.DeviceInfo;
import org.millrace.inference.api.DeviceUse;
import org.millrace.inference.api.ModelInfo;
import org.millrace.inference.api.Tokenizer;
import org.millrace.inference.cache.KvPool;
import org.millrace.inference.gguf.GgufFile;
import org.millrace.inference.tensor.DeviceProvider.Part;
import org.millrace.inference.tensor.Pins;

/** Everything that a model's file became, and what to free when it is no longer wanted. */
record LoadedModel(
    GgufFile file,
    ModelInfo info,
    Tokenizer tokenizer,
    ChatEncoder chat,
    KvPool pool,
    List<Part> parts,
    Transformer transformer,
    Pins pins)
    implements AutoCloseable {

  /** All devices as one. */
  DeviceInfo deviceInfo() {
    DeviceInfo first = parts.getFirst().device().info();
    if (parts.size() == 1) {
      return first;
    }
    return new DeviceInfo(
        parts.stream()
            .map(part -> part.device().info().device())
            .collect(Collectors.joining(" + ")),
        first.kernels(),
        first.threads(),
        parts.stream()
            .map(part -> part.layers() + " layers, " + part.device().info().reason())
            .collect(Collectors.joining("; ")));
  }

  List<DeviceUse> deviceUse() {
    return parts.stream().flatMap(part -> part.device().use().stream()).toList();
  }

  @Override
  public void close() {
    // The team first: its threads must be gone before memory is.
    parts.forEach(part -> part.device().close());
    pool.close();
    file.close();
  }
}
