package org.millrace.serving.meter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.billing.api.TokenUsage;

class JournalTest {
  @TempDir Path directory;

  @Test
  void whatWasHandedOutIsThereAfterTheProcessIsGone() {
    try (var journal = Journal.open(directory, 4, () -> 77)) {
      journal.take("running", 1_000).orElseThrow().handOut(new TokenUsage(7, 2, 3), 1_500);
      journal
          .take("ended", 1_000)
          .orElseThrow()
          .end(new TokenUsage(5, 0, 2), Outcome.CANCELLED, 1_600);
      journal.giveBack(journal.take("settled", 1_000).orElseThrow());
    }
    try (var journal = Journal.open(directory, 4, () -> 77)) {
      assertEquals(2, journal.left().size());
      Ending running = journal.left().get(0);
      assertEquals("running", running.requestId());
      assertEquals(new TokenUsage(7, 2, 3), running.usage());
      assertEquals(Outcome.FAILED, running.outcome());
      assertEquals(1_500, running.finishedAtMillis());
      assertTrue(running.billable());
      Ending ended = journal.left().get(1);
      assertEquals(Outcome.CANCELLED, ended.outcome());
      assertEquals(new TokenUsage(5, 0, 2), ended.usage());
      assertEquals(2, journal.slotsTaken());
    }
  }

  @Test
  void aRequestThatWasCutOffBeforeItsFirstTokenOwesNothing() {
    try (var journal = Journal.open(directory, 4, () -> 77)) {
      journal.take("prefill", 1_000).orElseThrow().handOut(new TokenUsage(7, 0, 0), 1_500);
    }
    try (var journal = Journal.open(directory, 4, () -> 77)) {
      assertFalse(journal.left().getFirst().billable());
    }
  }

  @Test
  void slotsAreBoundedAndUsedAgain() {
    try (var journal = Journal.open(directory, 2, () -> 77)) {
      var first = journal.take("a", 1).orElseThrow();
      first.handOut(new TokenUsage(9, 8, 9), 9);
      assertTrue(journal.take("b", 1).isPresent());
      assertTrue(journal.take("c", 1).isEmpty());
      journal.giveBack(first);
      assertEquals(new TokenUsage(0, 0, 0), journal.take("c", 1).orElseThrow().left().usage());
    }
  }

  @Test
  void aJournalGrowsAndNeverForgetsWhenItsSizeIsChanged() {
    try (var journal = Journal.open(directory, 8, () -> 77)) {
      for (int i = 0; i < 8; i++) {
        assertTrue(journal.take("r" + i, 1).isPresent());
      }
    }
    try (var smaller = Journal.open(directory, 2, () -> 77)) {
      assertEquals(8, smaller.left().size());
    }
    try (var larger = Journal.open(directory, 16, () -> 77)) {
      assertEquals(8, larger.left().size());
      assertEquals(16, larger.slotsTotal());
      assertTrue(larger.take("more", 1).isPresent());
    }
  }

  @Test
  void everyUseOfASlotHasAClaimOfItsOwnAlsoAcrossARestart() {
    var claims = new HashSet<Long>();
    for (int run = 0; run < 3; run++) {
      try (var journal = Journal.open(directory, 2, () -> 77)) {
        for (int use = 0; use < 5; use++) {
          var slot = journal.take("r", 1).orElseThrow();
          claims.add(slot.claim());
          journal.giveBack(slot);
        }
      }
    }
    assertEquals(15, claims.size());
  }

  @Test
  void whatWasLeftIsClaimedAsItWas() {
    long claim;
    try (var journal = Journal.open(directory, 2, () -> 77)) {
      claim = journal.take("left", 1).orElseThrow().claim();
    }
    try (var journal = Journal.open(directory, 2, () -> 77)) {
      assertEquals(claim, journal.left().getFirst().slot().claim());
    }
  }

  @Test
  void countsThatMakeNoSenseCountAsNone() throws IOException {
    try (var journal = Journal.open(directory, 2, () -> 77)) {
      journal.take("torn", 1).orElseThrow().handOut(new TokenUsage(5, 0, 2), 1);
    }
    try (var file =
        new RandomAccessFile(directory.resolve("open-requests.journal").toFile(), "rw")) {
      byte[] counts = new byte[2 * Long.BYTES];
      Arrays.fill(counts, (byte) 0xFF);
      file.seek(JournalSlot.BYTES + 8);
      file.write(counts);
    }
    try (var journal = Journal.open(directory, 2, () -> 77)) {
      assertEquals(new TokenUsage(0, 0, 0), journal.left().getFirst().usage());
    }
  }

  @Test
  void twoServersCannotShareOne() {
    try (var _ = Journal.open(directory, 2, () -> 77)) {
      var refusal =
          assertThrows(UncheckedIOException.class, () -> Journal.open(directory, 2, () -> 77));
      assertTrue(String.valueOf(refusal.getMessage()).contains("another server uses " + directory));
    }
  }

  @Test
  void aFileOfAnotherKindIsLeftAlone() throws IOException {
    var file = directory.resolve("open-requests.journal");
    Files.writeString(file, "something of importance ".repeat(40));
    for (var _ : List.of(1, 2)) {
      assertThrows(UncheckedIOException.class, () -> Journal.open(directory, 2, () -> 77));
    }
    assertTrue(Files.readString(file).startsWith("something of importance"));
  }
}
