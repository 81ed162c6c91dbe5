package org.millrace.console.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class CallbackTest {

  private static String open(String original) {
    return Callback.pageToOpen(Optional.of(original), "/console");
  }

  @Test
  void loginEndsAtThePageThatWasAskedFor() {
    assertEquals(
        "/console/tenant?slug=demo", open("http://localhost:8080/console/tenant?slug=demo"));
  }

  @Test
  void loginEndsAtHomeWhereNothingWasAskedFor() {
    assertEquals("/console/", Callback.pageToOpen(Optional.empty(), "/console"));
  }

  @Test
  void anotherSiteOrApplicationIsNeverReturnedTo() {
    assertEquals("/console/", open("https://evil.example/"));
    assertEquals("/console/x", open("https://evil.example/console/x"));
    assertEquals("/console/", open("http://localhost/v1/models"));
    assertEquals("/console/", open("not a url"));
  }

  @Test
  void resourcesAndLoginItselfAreNotPages() {
    assertEquals("/console/", open("http://localhost/console/callback?code=1"));
    assertEquals("/console/", open("http://localhost/console/sign-out"));
    assertEquals("/console/", open("http://localhost/console/jakarta.faces.resource/x.js"));
  }
}
