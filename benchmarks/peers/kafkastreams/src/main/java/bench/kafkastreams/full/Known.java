package bench.kafkastreams.full;

import bench.full.Customer;
import bench.full.Json;
import bench.rule.Job;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What is known of customers, as it was committed: told from the changelog, when all is done. */
final class Known {
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private Known() {}

    static void tell(Job job) {
        Map<String, byte[]> customers = committed(job);
        Properties settings = new Properties();
        settings.put("bootstrap.servers", job.bootstrap());
        settings.put("compression.type", "lz4");
        try (KafkaProducer<String, byte[]> producer =
                new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
            customers.forEach(
                    (name, bytes) -> {
                        byte[] told = Json.bytes(Customer.of(bytes));
                        producer.send(new ProducerRecord<>(job.states(), name, told));
                    });
        }
    }

    private static Map<String, byte[]> committed(Job job) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", job.bootstrap());
        settings.put("isolation.level", "read_committed");
        String topic = job.run() + "-" + Follow.STORE + "-changelog";
        Map<String, byte[]> customers = new HashMap<>();
        try (KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(
                        settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions =
                    consumer.partitionsFor(topic).stream()
                            .map(each -> new TopicPartition(topic, each.partition()))
                            .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream()
                    .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(PATIENCE)) {
                    customers.put(record.key(), record.value());
                }
            }
        }
        return customers;
    }
}
