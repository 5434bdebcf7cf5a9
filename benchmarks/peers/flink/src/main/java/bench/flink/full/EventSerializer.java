package bench.flink.full;

import bench.full.Event;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;

/** Events as bytes, between two operators that are not chained. */
public final class EventSerializer extends Packed<Event> {
    @Override
    byte[] pack(Event event) {
        return event.toBytes();
    }

    @Override
    Event unpack(byte[] bytes) {
        return Event.of(bytes);
    }

    @Override
    public Event copy(Event from) {
        return from;
    }

    @Override
    public TypeSerializerSnapshot<Event> snapshotConfiguration() {
        return new Snapshot();
    }

    /** There is one version so far. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Event> {
        public Snapshot() {
            super(EventSerializer::new);
        }
    }
}
