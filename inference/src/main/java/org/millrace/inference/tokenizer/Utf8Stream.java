package org.millrace.inference.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;
import org.millrace.inference.api.Tokenizer;

/** Gives characters out as soon as their last byte has come. Used by one thread at a time. */
final class Utf8Stream implements Tokenizer.TextStream {
  private final IntFunction<byte[]> bytesOfToken;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private byte[] rest = new byte[0];

  Utf8Stream(IntFunction<byte[]> bytesOfToken) {
    this.bytesOfToken = bytesOfToken;
  }

  @Override
  public String append(int token) {
    return decode(bytesOfToken.apply(token), false);
  }

  @Override
  public String finish() {
    return decode(new byte[0], true);
  }

  private String decode(byte[] more, boolean last) {
    var in = ByteBuffer.allocate(rest.length + more.length).put(rest).put(more).flip();
    var out = CharBuffer.allocate(in.remaining() + 1);
    decoder.decode(in, out, last);
    if (last) {
      decoder.flush(out);
      decoder.reset();
    }
    rest = new byte[in.remaining()];
    in.get(rest);
    return out.flip().toString();
  }
}
