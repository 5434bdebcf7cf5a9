package bench.flink;

import bench.rule.Event;
import bench.rule.Job;
import bench.rule.Marks;
import bench.rule.Output;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Arguments: state backend (hashmap, rocksdb), parallelism, guarantee (exactly-once, …). */
public final class FlinkPeer {
    private static final Duration CHECKPOINTS = Duration.ofSeconds(1);
    private static final Duration WATERMARKS = Duration.ofMillis(100);

    private FlinkPeer() {}

    public static void main(String[] arguments) throws Exception {
        Job job = Job.fromEnvironment();
        DeliveryGuarantee guarantee =
                DeliveryGuarantee.valueOf(arguments[2].toUpperCase().replace('-', '_'));
        StreamExecutionEnvironment environment =
                environment(job, arguments[0], Integer.parseInt(arguments[1]), guarantee);
        environment
                .fromSource(source(job), watermarks(), "events")
                .keyBy(event -> event.customer, Types.STRING)
                .process(new Follow())
                .sinkTo(sink(job, guarantee));
        environment.execute("follow");
        Marks.done();
        System.exit(0);
    }

    private static StreamExecutionEnvironment environment(
            Job job, String backend, int parallelism, DeliveryGuarantee guarantee) {
        Configuration settings = new Configuration();
        settings.set(StateBackendOptions.STATE_BACKEND, backend);
        settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, CHECKPOINTS);
        settings.set(
                CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE,
                guarantee == DeliveryGuarantee.EXACTLY_ONCE
                        ? CheckpointingMode.EXACTLY_ONCE
                        : CheckpointingMode.AT_LEAST_ONCE);
        settings.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        settings.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, "file://" + job.state());
        settings.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, backend.equals("rocksdb"));
        settings.set(PipelineOptions.AUTO_WATERMARK_INTERVAL, WATERMARKS);
        settings.set(PipelineOptions.OBJECT_REUSE, true);
        return StreamExecutionEnvironment.createLocalEnvironment(parallelism, settings);
    }

    private static WatermarkStrategy<Event> watermarks() {
        return WatermarkStrategy.<Event>forMonotonousTimestamps()
                .withTimestampAssigner((event, ignored) -> event.time);
    }

    private static KafkaSource<Event> source(Job job) {
        return KafkaSource.<Event>builder()
                .setBootstrapServers(job.bootstrap())
                .setTopics(job.source())
                .setGroupId(job.run())
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setBounded(OffsetsInitializer.latest())
                .setDeserializer(new Events())
                .setProperty("max.poll.records", "5000")
                .setProperty("max.partition.fetch.bytes", "4194304")
                .build();
    }

    private static KafkaSink<Output> sink(Job job, DeliveryGuarantee guarantee) {
        return KafkaSink.<Output>builder()
                .setBootstrapServers(job.bootstrap())
                .setDeliveryGuarantee(guarantee)
                .setTransactionalIdPrefix(job.run())
                .setProperty("transaction.timeout.ms", "60000")
                .setProperty("compression.type", "lz4")
                .setProperty("linger.ms", "50")
                .setProperty("batch.size", "131072")
                .setRecordSerializer(new Outputs(job.output()))
                .build();
    }
}
