package bench.flink.full;

import bench.flink.Clocks;
import bench.full.Event;
import bench.full.Json;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Records to events, which know the clock of their partition. */
final class Events implements KafkaRecordDeserializationSchema<Event> {
    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Event> out) {
        Event event = Json.event(record.value());
        event.clock = Clocks.reached(record.partition(), event.time);
        out.collect(event);
    }

    @Override
    public TypeInformation<Event> getProducedType() {
        return new Typed<>(Event.class, new EventSerializer());
    }
}
