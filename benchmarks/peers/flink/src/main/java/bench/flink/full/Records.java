package bench.flink.full;

import bench.full.Json;
import java.nio.charset.StandardCharsets;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;

/** What goes out as records, keyed by customer. */
record Records(String outputs, String states) implements KafkaRecordSerializationSchema<Told> {
    @Override
    public ProducerRecord<byte[], byte[]> serialize(
            Told told, KafkaSinkContext context, Long timestamp) {
        if (told.output() == null) {
            return record(states, told.known().name, Json.bytes(told.known()));
        }
        return record(outputs, told.output().customer(), Json.bytes(told.output()));
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, String key, byte[] value) {
        return new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), value);
    }
}
