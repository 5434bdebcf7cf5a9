package bench.full;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Arrays;

/**
 * The last touchpoints, in order of time, each packed once: hardly anybody reads them.
 *
 * <p>An entry is its length, its time, the code of its type, its channel and its note.
 */
final class Trail {
    private static final int TIME_AT = 1;

    private byte[] entries = new byte[64];
    private int length;
    private int count;
    private long lastTime = Long.MIN_VALUE;

    void add(Event event) {
        Bytes entry = Bytes.scratch();
        entry.putByte(0);
        entry.putLong(event.time);
        entry.putByte(event.type.ordinal());
        entry.putText(event.channel);
        entry.putText(event.type.changesLine() ? event.sku : "");
        insert(place(event.time), entry.toBytesWithLength());
        if (count == Limits.TOUCHPOINTS) {
            remove(0, entries[0] & 0xff);
        } else {
            count++;
        }
    }

    /** Find the place behind all that are not later; most often that is the end. */
    private int place(long time) {
        if (lastTime <= time) {
            lastTime = time;
            return length;
        }
        int at = 0;
        while (at < length && Bytes.longAt(entries, at + TIME_AT) <= time) {
            at += entries[at] & 0xff;
        }
        return at;
    }

    private void insert(int at, byte[] entry) {
        if (length + entry.length > entries.length) {
            entries = Arrays.copyOf(entries, length + entry.length + length / 2);
        }
        System.arraycopy(entries, at, entries, at + entry.length, length - at);
        System.arraycopy(entry, 0, entries, at, entry.length);
        length += entry.length;
    }

    private void remove(int at, int size) {
        length -= size;
        System.arraycopy(entries, at + size, entries, at, length - at);
    }

    void write(Bytes out) {
        out.putByte(count);
        out.putLong(lastTime);
        out.putBytes(entries, length);
    }

    static Trail read(Bytes in) {
        Trail trail = new Trail();
        trail.count = in.nextByte();
        trail.lastTime = in.nextLong();
        trail.entries = in.bytes();
        trail.length = trail.entries.length;
        return trail;
    }

    Trail copy() {
        Trail copy = new Trail();
        copy.entries = Arrays.copyOf(entries, length);
        copy.length = length;
        copy.count = count;
        copy.lastTime = lastTime;
        return copy;
    }

    void tell(JsonGenerator out) throws IOException {
        Bytes in = new Bytes(Arrays.copyOf(entries, length));
        out.writeArrayFieldStart("touchpoints");
        for (int left = count; left > 0; left--) {
            in.nextByte();
            out.writeStartArray();
            out.writeNumber(in.nextLong());
            out.writeString(Type.of(in.nextByte()).text);
            out.writeString(in.text());
            out.writeString(in.text());
            out.writeEndArray();
        }
        out.writeEndArray();
    }
}
