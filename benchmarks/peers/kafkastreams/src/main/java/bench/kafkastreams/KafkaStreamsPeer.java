package bench.kafkastreams;

import bench.rule.Job;
import bench.rule.Json;
import bench.rule.Output;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.Stores;

/**
 * RULES.md by Kafka Streams. Arguments: store (memory, rocksdb), then settings of Kafka Streams as
 * {@code name=value}.
 */
public final class KafkaStreamsPeer {
    private KafkaStreamsPeer() {}

    public static void main(String[] arguments) throws InterruptedException {
        Job job = Job.fromEnvironment();
        CountDownLatch last = new CountDownLatch(1);
        Connectors.run(
                topology(job, arguments[0], last), Connectors.settings(job, arguments, 1), last);
        System.exit(0);
    }

    private static Topology topology(Job job, String store, CountDownLatch last) {
        return new Topology()
                .addSource(
                        Topology.AutoOffsetReset.EARLIEST,
                        "events",
                        new StringDeserializer(),
                        (topic, value) -> Json.event(value),
                        job.source())
                .addProcessor("follow", () -> new Follow(last), "events")
                .addStateStore(
                        Stores.keyValueStoreBuilder(
                                        Connectors.store(store, Follow.STORE),
                                        Serdes.String(),
                                        ContextCodec.serde())
                                .withCachingEnabled(),
                        "follow")
                .addSink(
                        "outputs",
                        job.output(),
                        new StringSerializer(),
                        (Serializer<Output>) (topic, output) -> Json.bytes(output),
                        "follow");
    }
}
