package bench.flink;

import bench.rule.Job;
import bench.rule.Marks;
import java.time.Duration;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Arguments: state backend (hashmap, rocksdb), parallelism, guarantee (exactly-once, …). */
public final class FlinkPeer {
    private static final Duration CHECKPOINTS = Duration.ofSeconds(1);

    private FlinkPeer() {}

    public static void main(String[] arguments) throws Exception {
        Job job = Job.fromEnvironment();
        DeliveryGuarantee guarantee =
                DeliveryGuarantee.valueOf(arguments[2].toUpperCase().replace('-', '_'));
        StreamExecutionEnvironment environment =
                environment(job, arguments[0], Integer.parseInt(arguments[1]), guarantee);
        environment
                .fromSource(
                        Connectors.source(job, new Events()),
                        Connectors.watermarks((event, ignored) -> event.time),
                        "events")
                .keyBy(event -> event.customer, Types.STRING)
                .process(new Follow())
                .sinkTo(Connectors.sink(job, guarantee, new Outputs(job.output())));
        environment.execute("follow");
        Marks.done();
        System.exit(0);
    }

    private static StreamExecutionEnvironment environment(
            Job job, String backend, int parallelism, DeliveryGuarantee guarantee) {
        Configuration settings = Connectors.settings(job);
        settings.set(StateBackendOptions.STATE_BACKEND, backend);
        settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, CHECKPOINTS);
        settings.set(
                CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE,
                guarantee == DeliveryGuarantee.EXACTLY_ONCE
                        ? CheckpointingMode.EXACTLY_ONCE
                        : CheckpointingMode.AT_LEAST_ONCE);
        settings.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, backend.equals("rocksdb"));
        return StreamExecutionEnvironment.createLocalEnvironment(parallelism, settings);
    }
}
