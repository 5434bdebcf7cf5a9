package bench.kafkastreams;

import bench.rule.Job;
import bench.rule.Marks;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.Stores;

/** What both rules need of Kafka Streams: its settings, its store, and how it runs to the end. */
public final class Connectors {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Connectors() {}

    /** Say which settings are Kafka Streams' for a job; arguments from one on are among them. */
    public static Properties settings(Job job, String[] arguments, int from) {
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
        for (int at = from; at < arguments.length; at++) {
            String[] setting = arguments[at].split("=", 2);
            settings.put(setting[0], setting[1]);
        }
        return settings;
    }

    public static KeyValueBytesStoreSupplier store(String kind, String name) {
        return kind.equals("rocksdb")
                ? Stores.persistentKeyValueStore(name)
                : Stores.inMemoryKeyValueStore(name);
    }

    /** Run until the last event is applied and committed. */
    public static void run(Topology topology, Properties settings, CountDownLatch last)
            throws InterruptedException {
        KafkaStreams streams = new KafkaStreams(topology, settings);
        streams.setUncaughtExceptionHandler(
                failure -> {
                    failure.printStackTrace();
                    return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
                });
        streams.start();
        last.await();
        streams.close(PATIENCE);
        Marks.done();
    }
}
