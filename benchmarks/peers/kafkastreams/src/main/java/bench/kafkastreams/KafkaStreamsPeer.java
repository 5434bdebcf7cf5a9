package bench.kafkastreams;

import bench.rule.Job;
import bench.rule.Json;
import bench.rule.Marks;
import bench.rule.Output;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.Stores;

/** Arguments: store (memory, rocksdb), threads, guarantee (exactly_once_v2, at_least_once). */
public final class KafkaStreamsPeer {
    private static final long CACHE = 64L << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private KafkaStreamsPeer() {}

    public static void main(String[] arguments) throws InterruptedException {
        Job job = Job.fromEnvironment();
        CountDownLatch last = new CountDownLatch(1);
        KafkaStreams streams =
                new KafkaStreams(
                        topology(job, arguments[0], last),
                        settings(job, arguments[1], arguments[2]));
        streams.setUncaughtExceptionHandler(
                failure -> {
                    failure.printStackTrace();
                    return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
                });
        streams.start();
        last.await();
        streams.close(PATIENCE);
        Marks.done();
        System.exit(0);
    }

    private static Topology topology(Job job, String store, CountDownLatch last) {
        KeyValueBytesStoreSupplier supplier =
                store.equals("rocksdb")
                        ? Stores.persistentKeyValueStore(Follow.STORE)
                        : Stores.inMemoryKeyValueStore(Follow.STORE);
        return new Topology()
                .addSource(
                        "events",
                        new StringDeserializer(),
                        (topic, value) -> Json.event(value),
                        job.source())
                .addProcessor("follow", () -> new Follow(last), "events")
                .addStateStore(
                        Stores.keyValueStoreBuilder(
                                        supplier, Serdes.String(), ContextCodec.serde())
                                .withCachingEnabled(),
                        "follow")
                .addSink(
                        "outputs",
                        job.output(),
                        new StringSerializer(),
                        (Serializer<Output>) (topic, output) -> Json.bytes(output),
                        "follow");
    }

    private static Properties settings(Job job, String threads, String guarantee) {
        Properties settings = new Properties();
        settings.put("application.id", job.run());
        settings.put("bootstrap.servers", job.bootstrap());
        settings.put("state.dir", job.state());
        settings.put("processing.guarantee", guarantee);
        settings.put("num.stream.threads", threads);
        settings.put("commit.interval.ms", 1_000);
        settings.put("statestore.cache.max.bytes", CACHE);
        settings.put("buffered.records.per.partition", 10_000);
        settings.put("replication.factor", 1);
        settings.put("consumer.auto.offset.reset", "earliest");
        settings.put("consumer.max.poll.records", 5_000);
        settings.put("consumer.max.partition.fetch.bytes", 4 << 20);
        settings.put("producer.compression.type", "lz4");
        settings.put("producer.linger.ms", 50);
        settings.put("producer.batch.size", 128 << 10);
        return settings;
    }
}
