package bench.full;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Bytes to events, outputs and customers to bytes, by Jackson's streams. */
public final class Json {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final int USUAL_SIZE = 160;

    private interface Telling {
        void to(JsonGenerator out) throws IOException;
    }

    private Json() {}

    public static Event event(byte[] value) {
        Event event = new Event();
        try (JsonParser in = FACTORY.createParser(value)) {
            in.nextToken();
            read(in, event);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
        return event;
    }

    private static void read(JsonParser in, Event event) throws IOException {
        for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
            JsonToken token = in.nextToken();
            switch (field) {
                case "id" -> event.id = in.getText();
                case "type" -> event.type = Type.of(in.getText());
                case "channel" -> event.channel = in.getText();
                case "customer_id" -> event.customer = in.getText();
                case "time" -> event.time = in.getLongValue();
                case "session_id" -> event.visit = in.getText();
                case "order_id" -> event.order = in.getText();
                case "sku" -> event.sku = in.getText();
                case "quantity" -> event.quantity = in.getIntValue();
                case "price" -> event.price = in.getDoubleValue();
                default -> {
                    if (token == JsonToken.START_OBJECT) {
                        read(in, event);
                    }
                }
            }
        }
    }

    public static byte[] bytes(Output output) {
        return bytes(
                out -> {
                    out.writeStartObject();
                    out.writeStringField("kind", output.kind());
                    out.writeStringField("customer_id", output.customer());
                    out.writeNumberField("time", output.time());
                    if (output.from() != null) {
                        out.writeStringField("from", output.from());
                        out.writeStringField("to", output.to());
                    }
                    out.writeEndObject();
                });
    }

    public static byte[] bytes(Customer customer) {
        return bytes(customer::tell);
    }

    private static byte[] bytes(Telling telling) {
        ByteArrayOutputStream buffer = new ByteArrayOutputStream(USUAL_SIZE);
        try (JsonGenerator out = FACTORY.createGenerator(buffer)) {
            telling.to(out);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return buffer.toByteArray();
    }
}
