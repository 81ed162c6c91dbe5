package org.millrace.inference.model;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.millrace.inference.api.CpuList;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.LoadProgress;
import org.millrace.inference.api.ModelInfo;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.api.Tokenizer;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.cache.KvPool;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.gguf.GgufFile;
import org.millrace.inference.gguf.GgufTensor;
import org.millrace.inference.gguf.ShardName;
import org.millrace.inference.template.ChatTemplates;
import org.millrace.inference.tensor.CpuDevice;
import org.millrace.inference.tensor.DeviceProvider;
import org.millrace.inference.tensor.DeviceProvider.Part;
import org.millrace.inference.tensor.KernelChoice;
import org.millrace.inference.tensor.Pins;
import org.millrace.inference.tensor.TensorDevice;
import org.millrace.inference.tokenizer.Tokenizers;

/** Makes a {@link LoadedModel} of a file: all refusals first, and nothing left behind by one. */
final class ModelLoader {
  /** Caches up to this size keep float32, as exact as the arithmetic; larger ones float16. */
  private static final long FLOAT32_CACHE_BYTES_MAX = 1L << 30;

  private final Path path;
  private final EngineOptions options;
  private final LoadProgress progress;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  private ModelLoader(Path path, EngineOptions options, LoadProgress progress) {
    this.path = path;
    this.options = options;
    this.progress = progress;
  }

  static LoadedModel load(Path path, EngineOptions options, LoadProgress progress) {
    check(options);
    var loader = new ModelLoader(path, options, progress);
    boolean loaded = false;
    try {
      LoadedModel model = loader.load();
      loaded = true;
      return model;
    } catch (OutOfMemoryError error) {
      throw new ModelLoadException(
          "%s: there is not enough memory (%s); lower kvCacheTokens (%d) or stepTokensMax (%d)"
              .formatted(
                  path, error.getMessage(), options.kvCacheTokens(), options.stepTokensMax()),
          error);
    } finally {
      if (!loaded) {
        loader.closeAll();
      }
    }
  }

  private LoadedModel load() {
    GgufFile file = open(GgufFile.open(path));
    Architecture architecture =
        Architecture.named(file.string("general.architecture"), path.toString());
    ModelShape shape = ModelShape.of(file, architecture);
    Tokenizer tokenizer = Tokenizers.of(file);
    DeviceChoice choice = DeviceChoice.of(options.device());
    KvLayout layout = layout(shape);
    Pins pins = pins(choice);
    Place place =
        choice.provider() == null
            ? onHost(layout, choice, pins)
            : onDevice(file, layout, shape, choice);
    ModelWeights weights =
        new WeightLoader(file, architecture, shape, place.parts(), contextTokens(shape)).load();
    int vocabulary = tokenizer.vocabularySize();
    if (vocabulary != weights.output().rows()) {
      throw new ModelLoadException(
          "%s: the vocabulary has %d tokens, but the weights %d"
              .formatted(path, vocabulary, weights.output().rows()));
    }
    if (choice.provider() == null) {
      checkMemory(activationBytes(shape, weights), "activations of a step");
    }
    var transformer =
        new Transformer(
            architecture,
            shape,
            weights,
            place.parts(),
            options.stepTokensMax(),
            options.stepSequencesMax());
    ModelInfo info = info(file, architecture, shape, layout, vocabulary);
    progress.loaded(file.fileBytes(), file.fileBytes());
    return new LoadedModel(
        file,
        info,
        tokenizer,
        ChatTemplates.of(file, tokenizer),
        place.pool(),
        place.parts(),
        transformer,
        pins);
  }

  /** A GPU's engine has no team to place. */
  private Pins pins(DeviceChoice choice) {
    return Pins.of(choice.provider() == null ? options.cpus() : CpuList.NONE, options.threads());
  }

  /** Where a model runs, and where its keys and values are. */
  private record Place(List<Part> parts, KvPool pool) {}

  private Place onHost(KvLayout layout, DeviceChoice chosen, Pins pins) {
    KernelChoice kernels = KernelChoice.of(options.kernels());
    checkMemory(product(options.kvCacheTokens(), layout.bytesPerToken()), "the KV cache");
    KvPool pool = open(new KvPool(layout, options.kvCacheTokens(), options.prefixCachePercent()));
    TensorDevice device =
        open(
            new CpuDevice(
                kernels.because(chosen.reason()),
                options.threads(),
                pins,
                pool,
                options.stepTokensMax()));
    return new Place(List.of(new Part(device, layout.layers())), pool);
  }

  private Place onDevice(GgufFile file, KvLayout layout, ModelShape shape, DeviceChoice chosen) {
    DeviceProvider.Opened opened =
        Objects.requireNonNull(chosen.provider())
            .open(
                new DeviceProvider.Load(
                    new DeviceProvider.Request(
                        chosen.which(),
                        layout,
                        shape.heads(),
                        KvPool.blocksFor(options.kvCacheTokens()),
                        options.stepTokensMax(),
                        options.stepSequencesMax(),
                        contextTokens(shape)),
                    DeviceNeeds.of(file, shape, options),
                    options.deviceMemoryPercent(),
                    progress));
    opened.parts().forEach(part -> open(part.device()));
    for (Part part : opened.parts()) {
      System.getLogger(ModelLoader.class.getName())
          .log(
              System.Logger.Level.INFO,
              "{0}: {1} of {2} layers on {3} ({4})",
              path.getFileName(),
              part.layers(),
              layout.layers(),
              part.device().info().device(),
              chosen.reason().isEmpty() ? "asked for" : chosen.reason());
    }
    KvPool pool =
        open(
            new KvPool(
                layout, options.kvCacheTokens(), options.prefixCachePercent(), opened.cache()));
    return new Place(opened.parts(), pool);
  }

  private static void check(EngineOptions options) {
    requirePositive("threads", options.threads(), 1024);
    requirePositive("kvCacheTokens", options.kvCacheTokens(), Integer.MAX_VALUE - 64);
    requirePositive("stepTokensMax", options.stepTokensMax(), 1 << 16);
    requirePositive("stepSequencesMax", options.stepSequencesMax(), 1 << 16);
    if (options.prefixCachePercent() < 0 || options.prefixCachePercent() > 100) {
      throw new ModelLoadException(
          "prefixCachePercent is %d; it lies between 0 and 100"
              .formatted(options.prefixCachePercent()));
    }
    requirePositive("deviceMemoryPercent", options.deviceMemoryPercent(), 100);
    if (options.contextTokensMax() < 0) {
      throw new ModelLoadException(
          "contextTokensMax is %d; it is at least 0".formatted(options.contextTokensMax()));
    }
  }

  private static void requirePositive(String option, int value, int most) {
    if (value < 1 || value > most) {
      throw new ModelLoadException(
          "%s is %d; it lies between 1 and %d".formatted(option, value, most));
    }
  }

  private KvLayout layout(ModelShape shape) {
    int elementBytes =
        switch (options.kvType()) {
          case F32 -> Float.BYTES;
          case F16 -> Short.BYTES;
          case Q8_0 -> Byte.BYTES;
          case AUTO -> fitsAsFloat32(shape) ? Float.BYTES : Short.BYTES;
        };
    return new KvLayout(shape.layers(), shape.kvHeads(), shape.headDim(), elementBytes);
  }

  private boolean fitsAsFloat32(ModelShape shape) {
    var exact = new KvLayout(shape.layers(), shape.kvHeads(), shape.headDim(), Float.BYTES);
    return product(options.kvCacheTokens(), exact.bytesPerToken()) <= FLOAT32_CACHE_BYTES_MAX;
  }

  private long activationBytes(ModelShape shape, ModelWeights weights) {
    int hidden = Stage.hiddenMax(weights.layers());
    long rows = Transformer.floatsPerRow(shape, hidden) * options.stepTokensMax();
    long logits =
        (long) weights.output().rows() * Transformer.logitRowsMax(options.stepSequencesMax());
    return (rows + logits) * Float.BYTES;
  }

  /** No more than {@link Long#MAX_VALUE}. */
  private static long product(long count, long bytesEach) {
    return count > Long.MAX_VALUE / bytesEach ? Long.MAX_VALUE : count * bytesEach;
  }

  private void checkMemory(long bytes, String what) {
    if (ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean machine
        && bytes > machine.getTotalMemorySize()) {
      throw new ModelLoadException(
          "%s: %s would take %d MiB, but the machine has %d MiB; lower kvCacheTokens (%d) or stepTokensMax (%d)"
              .formatted(
                  path,
                  what,
                  bytes >> 20,
                  machine.getTotalMemorySize() >> 20,
                  options.kvCacheTokens(),
                  options.stepTokensMax()));
    }
  }

  private int contextTokens(ModelShape shape) {
    int limit = options.contextTokensMax();
    return limit == 0 ? shape.contextTokens() : Math.min(limit, shape.contextTokens());
  }

  private ModelInfo info(
      GgufFile file, Architecture architecture, ModelShape shape, KvLayout layout, int vocabulary) {
    String fileName = String.valueOf(path.getFileName());
    String stem =
        ShardName.of(path).map(ShardName::stem).orElse(fileName.replaceFirst("\\.gguf$", ""));
    return new ModelInfo(
        file.string("general.name", stem),
        architecture.name(),
        mostlyStoredAs(file).name(),
        path,
        file.tensors().stream().mapToLong(GgufTensor::elements).sum(),
        file.fileBytes(),
        vocabulary,
        contextTokens(shape),
        shape.layers(),
        layout.bytesPerToken());
  }

  private static GgmlType mostlyStoredAs(GgufFile file) {
    Map<GgmlType, Long> elements =
        file.tensors().stream()
            .collect(
                Collectors.groupingBy(
                    GgufTensor::type, Collectors.summingLong(GgufTensor::elements)));
    return elements.entrySet().stream()
        .max(Map.Entry.comparingByValue(Comparator.naturalOrder()))
        .orElseThrow()
        .getKey();
  }

  private <T extends AutoCloseable> T open(T resource) {
    opened.push(resource);
    return resource;
  }

  private void closeAll() {
    for (AutoCloseable resource : opened) {
      try {
        resource.close();
      } catch (Exception alreadyFailing) {
        System.getLogger(ModelLoader.class.getName())
            .log(System.Logger.Level.WARNING, "while giving up on " + path, alreadyFailing);
      }
    }
  }
}
