package bench.flink;

import bench.rule.Job;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.SerializableTimestampAssigner;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;

/** What both rules need of Flink: its settings, the way in from Kafka, and the way out. */
public final class Connectors {
    private static final Duration WATERMARKS = Duration.ofMillis(100);

    private Connectors() {}

    public static Configuration settings(Job job) {
        Configuration settings = new Configuration();
        settings.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        settings.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, "file://" + job.state());
        settings.set(PipelineOptions.AUTO_WATERMARK_INTERVAL, WATERMARKS);
        settings.set(PipelineOptions.OBJECT_REUSE, true);
        return settings;
    }

    public static <E> WatermarkStrategy<E> watermarks(SerializableTimestampAssigner<E> times) {
        return WatermarkStrategy.<E>forMonotonousTimestamps().withTimestampAssigner(times);
    }

    public static <E> KafkaSource<E> source(Job job, KafkaRecordDeserializationSchema<E> reader) {
        KafkaSourceBuilder<E> source =
                KafkaSource.<E>builder()
                        .setBootstrapServers(job.bootstrap())
                        .setTopics(job.source())
                        .setGroupId(job.run())
                        .setStartingOffsets(OffsetsInitializer.earliest())
                        .setDeserializer(reader)
                        .setProperty("max.poll.records", "5000")
                        .setProperty("max.partition.fetch.bytes", "4194304");
        return (job.follows() ? source : source.setBounded(OffsetsInitializer.latest())).build();
    }

    public static <O> KafkaSink<O> sink(
            Job job, DeliveryGuarantee guarantee, KafkaRecordSerializationSchema<O> writer) {
        return KafkaSink.<O>builder()
                .setBootstrapServers(job.bootstrap())
                .setDeliveryGuarantee(guarantee)
                .setTransactionalIdPrefix(job.run())
                .setProperty("transaction.timeout.ms", "60000")
                .setProperty("compression.type", "lz4")
                .setProperty("linger.ms", "50")
                .setProperty("batch.size", "131072")
                .setRecordSerializer(writer)
                .build();
    }
}
