package bench.rule;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Bytes to events, outputs to bytes. */
public final class Json {
    private static final ObjectMapper MAPPER =
            new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);
    private static final ObjectReader EVENTS = MAPPER.readerFor(Event.class);
    private static final ObjectWriter OUTPUTS = MAPPER.writerFor(Output.class);

    private Json() {}

    public static Event event(byte[] value) {
        try {
            return EVENTS.readValue(value);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    public static byte[] bytes(Output output) {
        try {
            return OUTPUTS.writeValueAsBytes(output);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
