package bench.kafkastreams.full;

import bench.full.Customer;
import bench.full.Event;
import bench.full.Json;
import bench.full.Output;
import bench.rule.Job;
import bench.rule.Marks;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.Stores;

/**
 * RULES-FULL.md by Kafka Streams. Arguments: store (memory, rocksdb), how many customers are kept
 * decoded in each partition, then settings of Kafka Streams as {@code name=value}.
 */
public final class FullPeer {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private FullPeer() {}

    public static void main(String[] arguments) throws InterruptedException {
        Job job = Job.fromEnvironment();
        CountDownLatch last = new CountDownLatch(1);
        int decoded = Integer.parseInt(arguments[1]);
        KafkaStreams streams =
                new KafkaStreams(topology(job, arguments[0], decoded, last), settings(job, arguments));
        streams.setUncaughtExceptionHandler(
                failure -> {
                    failure.printStackTrace();
                    return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
                });
        streams.start();
        last.await();
        streams.close(PATIENCE);
        Marks.done();
        Known.tell(job);
        Marks.told();
        System.exit(0);
    }

    private static Topology topology(Job job, String store, int decoded, CountDownLatch last) {
        KeyValueBytesStoreSupplier supplier =
                store.equals("rocksdb")
                        ? Stores.persistentKeyValueStore(Follow.STORE)
                        : Stores.inMemoryKeyValueStore(Follow.STORE);
        Serde<Customer> customers =
                Serdes.serdeFrom(
                        (topic, customer) -> customer == null ? null : customer.toBytes(),
                        (topic, bytes) -> bytes == null ? null : Customer.of(bytes));
        return new Topology()
                .addSource(
                        Topology.AutoOffsetReset.EARLIEST,
                        "events",
                        (record, before) -> ((Event) record.value()).time,
                        new StringDeserializer(),
                        (topic, value) -> Json.event(value),
                        job.source())
                .addProcessor("follow", () -> new Follow(last, decoded), "events")
                .addStateStore(
                        Stores.keyValueStoreBuilder(supplier, Serdes.String(), customers)
                                .withCachingEnabled(),
                        "follow")
                .addSink(
                        "outputs",
                        job.output(),
                        new StringSerializer(),
                        (Serializer<Output>) (topic, output) -> Json.bytes(output),
                        "follow");
    }

    private static Properties settings(Job job, String[] arguments) {
        Properties settings = new Properties();
        settings.put("application.id", job.run());
        settings.put("bootstrap.servers", job.bootstrap());
        settings.put("state.dir", job.state());
        settings.put("replication.factor", "1");
        settings.put("consumer.max.poll.records", "5000");
        settings.put("consumer.max.partition.fetch.bytes", "4194304");
        settings.put("producer.compression.type", "lz4");
        settings.put("producer.linger.ms", "50");
        settings.put("producer.batch.size", "131072");
        for (int at = 2; at < arguments.length; at++) {
            String[] setting = arguments[at].split("=", 2);
            settings.put(setting[0], setting[1]);
        }
        return settings;
    }
}
