package org.millrace.inference.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.inference.api.ModelLoadException;

class GgufShardsTest {
  @TempDir Path folder;

  private Path shard(int number) {
    return folder.resolve("big-%05d-of-00003.gguf".formatted(number));
  }

  private Path write(int number, int saidNumber, int saidTensors, String... tensors)
      throws IOException {
    var writer = new GgufWriter();
    writer.put("split.no", saidNumber).put("split.count", 3);
    writer.put("split.tensors.count", saidTensors);
    if (number == 1) {
      writer.put("general.architecture", "llama").put("general.name", "Big");
    }
    for (String tensor : tensors) {
      writer.tensor(
          tensor,
          GgmlType.F32,
          List.of(2L),
          out -> out.write(new byte[] {0, 0, 0, (byte) number, 0, 0, 0, 0}));
    }
    writer.writeTo(shard(number));
    return shard(number);
  }

  private void writeAll() throws IOException {
    write(1, 0, 4, "a");
    write(2, 1, 4, "b", "c");
    write(3, 2, 4, "d");
  }

  @Test
  void allShardsAreOneModelWhicheverIsNamed() throws IOException {
    writeAll();
    long bytes = 0;
    for (int number = 1; number <= 3; number++) {
      bytes += Files.size(shard(number));
    }
    for (int number = 1; number <= 3; number++) {
      try (GgufFile file = GgufFile.open(shard(number))) {
        assertEquals(shard(1), file.path());
        assertEquals(bytes, file.fileBytes());
        assertEquals("Big", file.string("general.name"));
        assertEquals(
            List.of("a", "b", "c", "d"), file.tensors().stream().map(GgufTensor::name).toList());
        var data = file.tensor("d").orElseThrow().data();
        assertEquals(3, data.get(ValueLayout.JAVA_BYTE, 3));
      }
    }
  }

  @Test
  void aShardThatIsMissingIsNamed() throws IOException {
    writeAll();
    Files.delete(shard(2));
    assertFault(shard(1), "big-00002-of-00003.gguf: shard 2 of 3 is missing");
    Files.delete(shard(1));
    assertFault(shard(3), "big-00001-of-00003.gguf: there is no such file");
  }

  @Test
  void aShardOfAnotherPlaceOrModelIsRefused() throws IOException {
    writeAll();
    Files.move(shard(3), folder.resolve("kept"));
    Files.copy(shard(2), shard(3));
    assertFault(shard(1), "this should be shard 3 of 3 (split.no 2, split.count 3)");
    write(3, 2, 4, "b");
    assertFault(shard(1), "big-00003-of-00003.gguf: tensor b is in another shard too");
    write(3, 2, 4);
    assertFault(shard(1), "the 3 shards hold 3 tensors, but split.tensors.count is 4");
  }

  @Test
  void aFirstShardUnderAnotherNameSaysWhatItsNameMustBe() throws IOException {
    writeAll();
    Path renamed = folder.resolve("model.gguf");
    Files.copy(shard(1), renamed);
    assertFault(renamed, "its name must end in -00001-of-00003.gguf");
  }

  private static void assertFault(Path path, String part) {
    var fault = assertThrows(ModelLoadException.class, () -> GgufFile.open(path).close());
    String message = String.valueOf(fault.getMessage());
    assertTrue(message.contains(part), message);
  }
}
