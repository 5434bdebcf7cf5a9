package bench.kafkastreams.full;

import bench.full.Customer;
import bench.full.Event;
import bench.full.Json;
import bench.full.Output;
import bench.kafkastreams.Connectors;
import bench.rule.Job;
import bench.rule.Marks;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.Stores;

/**
 * RULES-FULL.md by Kafka Streams. Arguments: store (memory, rocksdb), how many customers are kept
 * decoded in each partition, then settings of Kafka Streams as {@code name=value}.
 */
public final class FullPeer {
    private FullPeer() {}

    public static void main(String[] arguments) throws InterruptedException {
        Job job = Job.fromEnvironment();
        CountDownLatch last = new CountDownLatch(1);
        int decoded = Integer.parseInt(arguments[1]);
        Connectors.run(
                topology(job, arguments[0], decoded, last),
                Connectors.settings(job, arguments, 2),
                last);
        Known.tell(job);
        Marks.told();
        System.exit(0);
    }

    private static Topology topology(Job job, String store, int decoded, CountDownLatch last) {
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
                        Stores.keyValueStoreBuilder(
                                        Connectors.store(store, Follow.STORE),
                                        Serdes.String(),
                                        customers)
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
