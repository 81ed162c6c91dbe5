package org.millrace.serving.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.LoadProgress;
import org.millrace.inference.api.ModelInfo;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.serving.api.Models.ServedModel;
import org.millrace.serving.config.ModelSource;
import org.millrace.serving.simulation.ManualClock;
import org.millrace.serving.simulation.ScriptedEngine;

class ModelRegistryTest {
  private final ModelRegistry registry =
      new ModelRegistry(
          (file, _, _) -> {
            if (file.toString().contains("late")) {
              throw new CancellationException("the server stops");
            }
            if (file.toString().contains("broken")) {
              throw new ModelLoadException(file + " is not a GGUF file");
            }
            return new ScriptedEngine(96, 4, 40, 0, 24, 6);
          },
          EngineOptions.defaults(),
          List.of("cpu"),
          50,
          new ManualClock());

  @Test
  void aModelIsServedUnderItsOwnNameOrTheConfiguredOne() {
    registry.load(new ModelSource(Optional.empty(), Path.of("a.gguf")), LoadProgress.UNWATCHED);
    registry.load(new ModelSource(Optional.of("mine"), Path.of("b.gguf")), LoadProgress.UNWATCHED);
    assertEquals(
        List.of("scripted-1", "mine"), registry.list().stream().map(ServedModel::name).toList());
    assertEquals(50, registry.find("mine").orElseThrow().maxCompletionTokens());
    assertTrue(registry.find("other").isEmpty());
  }

  @Test
  void aModelThatCannotBeLoadedIsNamedWithItsReasonAndTheOthersAreServed() {
    var bad = new ModelSource(Optional.of("bad"), Path.of("broken.gguf"));
    registry.load(bad, LoadProgress.UNWATCHED);
    registry.load(new ModelSource(Optional.empty(), Path.of("a.gguf")), LoadProgress.UNWATCHED);
    assertEquals(
        List.of(new ModelRegistry.Failed("bad", "broken.gguf is not a GGUF file", bad)),
        registry.failed());
    assertEquals(1, registry.list().size());
  }

  @Test
  void aModelThatIsGivenUpWhileItIsLoadedIsNoFailure() {
    var late = new ModelSource(Optional.empty(), Path.of("late.gguf"));
    assertTrue(registry.load(late, LoadProgress.UNWATCHED).isEmpty());
    assertEquals(List.of(), registry.failed());
  }

  @Test
  void aSecondModelOfTheSameNameIsRefused() {
    registry.load(new ModelSource(Optional.empty(), Path.of("a.gguf")), LoadProgress.UNWATCHED);
    registry.load(new ModelSource(Optional.empty(), Path.of("b.gguf")), LoadProgress.UNWATCHED);
    assertEquals(1, registry.list().size());
    assertTrue(registry.failed().getFirst().reason().contains("give it one of its own"));
  }

  @Test
  void namesBecomeWhatCanBeTyped() {
    assertEquals("llama-3.2-1b-instruct", ModelRegistry.slug(named("Llama 3.2 1B Instruct")));
    assertEquals("a_b", ModelRegistry.slug(named("  A_b! ")));
    assertEquals("model", ModelRegistry.slug(named("???")));
  }

  private static ModelInfo named(String name) {
    return new ModelInfo(name, "llama", "Q8_0", Path.of("x.gguf"), 1, 1, 1, 1, 1, 1);
  }
}
