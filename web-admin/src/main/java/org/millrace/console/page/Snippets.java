package org.millrace.console.page;

/** A first request to paste, with the key in it. */
final class Snippets {
  private Snippets() {}

  static String curl(String serverUrl, String key, String model) {
    return """
    curl -N %s/v1/chat/completions \\
      -H "Authorization: Bearer %s" \\
      -H "Content-Type: application/json" \\
      -d '{"model": "%s", "stream": true, "messages": [{"role": "user", "content": "What is Millrace?"}]}'\
    """
        .formatted(serverUrl, key, model);
  }

  static String python(String serverUrl, String key, String model) {
    return """
    from openai import OpenAI

    client = OpenAI(base_url="%s/v1", api_key="%s")
    stream = client.chat.completions.create(
        model="%s",
        messages=[{"role": "user", "content": "What is Millrace?"}],
        stream=True,
    )
    for chunk in stream:
        print(chunk.choices[0].delta.content or "", end="", flush=True)\
    """
        .formatted(serverUrl, key, model);
  }
}
