package bench.flink;

import bench.rule.Json;
import bench.rule.Output;
import java.nio.charset.StandardCharsets;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Outputs to records, keyed by customer. */
record Outputs(String topic) implements KafkaRecordSerializationSchema<Output> {
    @Override
    public ProducerRecord<byte[], byte[]> serialize(
            Output output, KafkaSinkContext context, Long timestamp) {
        byte[] key = output.customer.getBytes(StandardCharsets.UTF_8);
        return new ProducerRecord<>(topic, key, Json.bytes(output));
    }
}
