package bench.full;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/** A visit on one channel, as the source names it, and its beginning. */
record Visit(String channel, String name, long began) {
    void write(Bytes out) {
        out.putText(channel);
        out.putText(name);
        out.putLong(began);
    }

    static Visit read(Bytes in) {
        return new Visit(in.text(), in.text(), in.nextLong());
    }

    void tell(JsonGenerator out) throws IOException {
        out.writeStartArray();
        out.writeString(channel);
        out.writeString(name);
        out.writeNumber(began);
        out.writeEndArray();
    }
}
